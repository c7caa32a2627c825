// tests/tokenizer/golden.mjs — writes tests/golden/tokenizer/ranks.txt by the published tokenizer.
// One text a line: its bytes in hexadecimal, its ranks by o200k_base and by cl100k_base. To run
// again, with tiktoken installed where one stands: node golden.mjs > ranks.txt
import { createRequire } from 'node:module';
import { made } from './corpus.mjs';

const { get_encoding } = createRequire(`${process.cwd()}/`)('tiktoken');
const texts = [
  '',
  'a',
  'hello world',
  'Hello, World!',
  'The quick brown fox jumps over the lazy dog.',
  "I'm you're he'S WE'LL they'VE",
  "it'\u017f",
  "don't",
  "'tis",
  "x''s",
  " 's",
  'camelCaseHTTPServerXMLHttpRequest',
  'ABCdef ABC def',
  '\u01c5\u02b0\u00aa',
  'e\u0301E\u0301\u0301 \u0301a \u0301A !\u0301',
  '1234567890 \u0661\u0662\u0663\u0664 \u00bd\u2167',
  '   a',
  'a   ',
  'a   b',
  ' \n  b',
  'a \n \n b\n',
  '\r\n\r\nx',
  '\t\tif (x) {\n\t\t\treturn;\n\t\t}\n',
  'a\u00a0\u00a0b\u3000c\u0085d',
  'http://a.b/c//d',
  '!/\r\n/x',
  '// comment\n//\n',
  '\u4f60\u597d\uff0c\u4e16\u754c',
  '\u3053\u3093\u306b\u3061\u306f\u4e16\u754c',
  '\u0928\u092e\u0938\u094d\u0924\u0947',
  '\u05e9\u05dc\u05d5\u05dd',
  '\u0645\u0631\u062d\u0628\u0627',
  '\u041f\u0440\u0438\u0432\u0435\u0442',
  '\u1e9e\u00df',
  '\u{1f600}\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\ufe0f',
  '<|endoftext|>',
  '<|im_start|>user',
  '\u0000\u0001\u007f',
  '\ufeffx',
  '\u{10ffff}\u{e000}',
  'a'.repeat(300),
  ' '.repeat(300),
  'ab'.repeat(200),
  '\u4e2d'.repeat(120),
  '\n'.repeat(130),
  'ACGTTGCA'.repeat(30),
  ...made(20261124, 30_000).map(
    (text) =>
      text.slice(0, 300).toWellFormed?.() ?? text.slice(0, 300).replace(/[\ud800-\udbff]$/, ''),
  ),
];
const encodings = ['o200k_base', 'cl100k_base'].map((name) => get_encoding(name));
for (const text of texts) {
  const ranks = encodings.map((encoding) => [...encoding.encode_ordinary(text)].join(','));
  console.log([Buffer.from(text).toString('hex'), ...ranks].join(' '));
}

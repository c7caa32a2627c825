// tests/tokenizer/corpus.mjs — some thirty megabytes of text to compare tokenizers on, from a seed.
// Real text: this project's own files and, where there are any, the recorded sessions and exchanges
// in PURSER_DATA. Made text: every script, emoji, code points at random, spaces, runs, fragments.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/// SplitMix32: the same texts every time.
function chance(seed) {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) % bound;
  };
}

const scripts = [
  [0x20, 0x7e],
  [0xa0, 0x24f],
  [0x250, 0x36f],
  [0x370, 0x3ff],
  [0x400, 0x52f],
  [0x531, 0x58a],
  [0x590, 0x5ff],
  [0x600, 0x6ff],
  [0x900, 0x97f],
  [0x980, 0x9ff],
  [0xe00, 0xe7f],
  [0x10a0, 0x10ff],
  [0x1100, 0x11ff],
  [0x13a0, 0x13ff],
  [0x1c80, 0x1c8f],
  [0x1d00, 0x1dbf],
  [0x1e00, 0x1fff],
  [0x2000, 0x206f],
  [0x2070, 0x218f],
  [0x2190, 0x23ff],
  [0x2460, 0x24ff],
  [0x2c00, 0x2dff],
  [0x3000, 0x30ff],
  [0x3130, 0x318f],
  [0x4e00, 0x9fff],
  [0xa640, 0xa69f],
  [0xa720, 0xa7ff],
  [0xac00, 0xd7a3],
  [0xfb00, 0xfb4f],
  [0xfe00, 0xffef],
  [0x10400, 0x1044f],
  [0x1d400, 0x1d7ff],
  [0x1e900, 0x1e95f],
  [0x1f300, 0x1faff],
  [0x20000, 0x2a6df],
  [0xe0100, 0xe01ef],
];
const fragments = [
  ' ',
  '  ',
  '   ',
  '\n',
  '\r\n',
  '\t',
  '\n\n',
  ' \n',
  '\u00a0',
  '\u3000',
  '\u0085',
  '\u2028',
  '\ufeff',
  "'s",
  "'S",
  "'\u017f",
  "'t",
  "'re",
  "'VE",
  "'ll",
  "'Ll",
  "'d",
  "'m",
  "'",
  "''",
  "'l",
  "'r",
  'a',
  'B',
  'The',
  'camelCase',
  'HTTPServer',
  'XMLHttpRequest',
  'ab',
  'AB',
  '\u01c5',
  '\u02b0',
  '\u00aa',
  '\u0301',
  '\u0300\u0301',
  'e\u0301',
  'E\u0301',
  '\u093f',
  '\u4e2d\u6587',
  '\u05e9\u05dc\u05d5\u05dd',
  '0',
  '12',
  '345',
  '6789',
  '\u0661\u0662',
  '\u00bd',
  '\u2167',
  '/',
  '//',
  '/\n',
  '!/\r\n/',
  '!',
  '...',
  '{"',
  '":"',
  '"},',
  '();',
  '=>',
  '<|endoftext|>',
  '<|',
  '|>',
  '_',
  '-',
  '--',
  'http://',
  '.com',
  '\u{1f600}',
  '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}',
  '\u{1f3f4}\u{e0067}',
  '\ufe0f',
  '\u0000',
  '\u007f',
];

const point = (next, first, last) => String.fromCodePoint(first + next(last - first + 1));

function anyPoint(next) {
  const at = next(0x110000 - 0x800);
  return String.fromCodePoint(at < 0xd800 ? at : at + 0x800);
}

function script(next) {
  const [first, last] = scripts[next(scripts.length)];
  let text = '';
  for (let i = next(60); i >= 0; --i) {
    text += next(6) === 0 ? fragments[next(fragments.length)] : point(next, first, last);
  }
  return text;
}

function repeated(next) {
  const unit = next(3) === 0 ? script(next).slice(0, 4) : fragments[next(fragments.length)];
  return unit.repeat(1 + next(next(50) === 0 ? 2000 : 100)).slice(0, 4000);
}

function mixed(next) {
  let text = '';
  for (let i = next(80); i >= 0; --i) text += fragments[next(fragments.length)];
  return text;
}

function letters(next) {
  const alphabet = [
    'ab',
    'abcdefghijklmnopqrstuvwxyz',
    'ACGT',
    'eationsr',
    '\u4e00\u4eba\u7684\u662f',
  ][next(5)];
  let text = '';
  for (let i = next(next(50) === 0 ? 2000 : 200); i >= 0; --i)
    text += alphabet[next(alphabet.length)];
  return text;
}

/// A prompt as it travels: JSON in JSON, escapes and all.
const escaped = (text) => JSON.stringify(JSON.stringify({ text }));

export function made(seed, bytes) {
  const next = chance(seed);
  const kinds = [
    script,
    script,
    script,
    mixed,
    mixed,
    repeated,
    letters,
    () => Array.from({ length: 200 }, () => anyPoint(next)).join(''),
  ];
  const texts = [];
  for (let size = 0; size < bytes; size += Buffer.byteLength(texts.at(-1))) {
    let text = '';
    for (let i = next(8); i >= 0; --i) text += kinds[next(kinds.length)](next);
    texts.push(next(10) === 0 ? escaped(text) : text);
  }
  return texts;
}

/// Whole lines, some kilobytes each, cut nowhere inside a character.
const chunks = (text) =>
  text.toWellFormed?.().match(/[^]{1,16000}/gu) ?? text.match(/[^]{1,16000}/gu) ?? [];

function recorded(data) {
  const texts = [];
  for (const name of [
    'trajectories/sessions.jsonl',
    'wire/recorded_exchanges.jsonl',
    'routing/routellm_gsm8k_mmlu.jsonl',
    'routing/bfcl_tool_calls.jsonl',
  ]) {
    const path = `${data}/open/${name}.zst`;
    const found = [path, `${data}/${name}.zst`].find(existsSync);
    if (!found) continue;
    const all = execFileSync('zstd', ['-dc', found], { maxBuffer: 1 << 30 }).toString();
    texts.push(...chunks(all.slice(0, 16_000_000)));
  }
  return texts;
}

export function corpus(root, data) {
  const files = execFileSync('git', ['ls-files'], { cwd: root }).toString().split('\n');
  const own = files
    .filter((f) => f && existsSync(`${root}/${f}`))
    .map((f) => readFileSync(`${root}/${f}`).toString());
  const worst = [
    'a'.repeat(9_000),
    ' '.repeat(9_000),
    '\u4e2d'.repeat(3_000),
    'ab'.repeat(4_000),
    `${' '.repeat(5_000)}x`,
    '\n'.repeat(5_000),
    '\u0301'.repeat(4_000),
    'A'.repeat(5_000),
  ];
  return {
    real: [...recorded(data), ...own.flatMap(chunks)],
    made: [...made(20261123, 12_000_000), ...worst],
  };
}

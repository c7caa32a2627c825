// tests/tokenizer/compare.mjs — the same texts through npm tiktoken and through Purser, one core.
// compare.mjs ENCODE ROOT DATA: ENCODE is tokenizer_encode. Every rank must be equal; then times.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { corpus } from './corpus.mjs';

const require = createRequire(`${process.cwd()}/`);
const { get_encoding } = require('tiktoken');
const [encode, root, data] = process.argv.slice(2);

function framed(texts) {
  const parts = [];
  for (const text of texts) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    parts.push(length, text);
  }
  return Buffer.concat(parts);
}

/// Purser's ranks, one Uint32Array a text, and its seconds.
function ours(encoding, texts) {
  const run = spawnSync(encode, [encoding], { input: framed(texts), maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`tokenizer_encode: ${run.stderr}`);
  const seconds = Object.fromEntries(
    run.stderr
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.split(' ')),
  );
  const words = new Uint32Array(
    run.stdout.buffer.slice(run.stdout.byteOffset, run.stdout.byteOffset + run.stdout.length),
  );
  const ranks = [];
  for (let at = 0; at < words.length; at += words[at] + 1) {
    ranks.push(words.subarray(at + 1, at + 1 + words[at]));
  }
  return { ranks, seconds };
}

/// The published tokenizer's; it is warm before its time is taken.
function theirs(encoding, texts) {
  const published = get_encoding(encoding);
  const strings = texts.map((text) => text.toString());
  for (const text of strings.slice(0, 50)) published.encode_ordinary(text);
  const start = process.hrtime.bigint();
  const ranks = strings.map((text) => published.encode_ordinary(text));
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  published.free();
  return { ranks, seconds };
}

function differing(texts, left, right) {
  const bad = [];
  for (let i = 0; i < texts.length; ++i) {
    if (
      Buffer.compare(
        Buffer.from(left[i].buffer, left[i].byteOffset, left[i].byteLength),
        Buffer.from(right[i].buffer, right[i].byteOffset, right[i].byteLength),
      ) !== 0
    )
      bad.push(i);
  }
  return bad;
}

function show(text, left, right) {
  let at = 0;
  while (left[at] === right[at]) ++at;
  console.log(
    '  differs at token',
    at,
    'purser',
    [...left.slice(at, at + 6)],
    'tiktoken',
    [...right.slice(at, at + 6)],
    'of',
    JSON.stringify(text.toString().slice(0, 300)),
  );
}

let failed = false;
const texts = Object.entries(corpus(root, data)).map(([name, list]) => [
  name,
  list.map((t) => Buffer.from(t)),
]);
for (const encoding of ['o200k_base', 'cl100k_base']) {
  for (const [name, list] of texts) {
    const megabytes = list.reduce((sum, text) => sum + text.length, 0) / 1e6;
    const mine = ours(encoding, list);
    const published = theirs(encoding, list);
    const bad = differing(list, mine.ranks, published.ranks);
    for (const i of bad.slice(0, 5)) show(list[i], mine.ranks[i], published.ranks[i]);
    failed ||= bad.length > 0;
    const speed = (seconds) => (megabytes / seconds).toFixed(1).padStart(6);
    console.log(
      `${encoding.padEnd(11)} ${name}: ${megabytes.toFixed(1)} MB in ${list.length} texts, ` +
        `${bad.length} differ; MB/s: tiktoken ${speed(published.seconds)}, ` +
        `purser encode ${speed(mine.seconds.encode)}, count ${speed(mine.seconds.count)} ` +
        `(${(published.seconds / mine.seconds.count).toFixed(1)} times as fast)`,
    );
  }
}
process.exit(failed ? 1 : 0);

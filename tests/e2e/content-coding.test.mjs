// content-coding.test.mjs — bodies that come packed, from clients and from providers.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import zlib from 'node:zlib';
import { startGateway } from './gateway.mjs';

const packers = {
  gzip: zlib.gzipSync,
  deflate: zlib.deflateSync,
  br: zlib.brotliCompressSync,
};
const question = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }] };
const answer = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-4o',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 },
});
const events = [
  { choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi' }, finish_reason: null }] },
  { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  { choices: [], usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 } },
]
  .map((event) => `data: ${JSON.stringify({ id: 'c', model: 'gpt-4o', ...event })}\n\n`)
  .concat('data: [DONE]\n\n')
  .join('');
// 1,000 tokens in at $2.50 and 100 out at $10 a million.
const cost = '0.003500000';

let provider;
let gateway;
let key;
let coding = 'gzip';
let cut = 0;
const seen = [];

before(async () => {
  provider = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text) => (body += text));
    request.on('end', () => {
      seen.push({ body, headers: request.headers });
      const streams = JSON.parse(body).stream === true;
      const packed = packers[coding](streams ? events : answer);
      const type = streams ? 'text/event-stream' : 'application/json';
      response.writeHead(200, { 'content-type': type, 'content-encoding': coding });
      const half = packed.length >> 1;
      response.write(packed.subarray(0, half));
      response.end(packed.subarray(half, packed.length - cut));
    });
  });
  await new Promise((resolve) => provider.listen(0, '127.0.0.1', resolve));
  gateway = await startGateway({
    openai: `http://127.0.0.1:${provider.address().port}/v1`,
    yaml: 'body_bytes_max: 64KiB\n',
  });
  key = gateway.key('--user', 'ann');
});

after(async () => {
  await gateway?.stop();
  provider?.close();
});

/** What a user has spent, once the books say so. */
async function spent(user, is) {
  for (let i = 0; i < 100; i += 1) {
    const row = gateway.spent('user').get(user);
    if (row && row[is] > 0n) return row[is];
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return 0n;
}

const post = (body, headers = {}) =>
  fetch(`${gateway.base}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body,
  });

test('a packed request reaches the provider unpacked, and without the field', async () => {
  for (const [name, pack] of Object.entries(packers)) {
    const text = JSON.stringify({ ...question, max_tokens: 50 });
    const response = await post(pack(text), { 'content-encoding': name });
    assert.equal(response.status, 200, await response.clone().text());
    assert.equal(seen.at(-1).body, text);
    assert.equal(seen.at(-1).headers['content-encoding'], undefined);
    assert.equal(Number(seen.at(-1).headers['content-length']), text.length);
  }
});

test('an answer that comes packed is metered, plain and streamed', async () => {
  for (coding of Object.keys(packers)) {
    const plain = await post(JSON.stringify(question));
    assert.equal(plain.headers.get('content-encoding'), null);
    assert.equal(plain.headers.get('x-purser-cost-usd'), cost);
    assert.equal(await plain.text(), answer);
    const own = { authorization: `Bearer ${gateway.key('--user', coding)}` };
    const streamed = await post(JSON.stringify({ ...question, stream: true }), own);
    const text = await streamed.text();
    assert.match(text, /"content":"Hi"/);
    assert.ok(text.endsWith('data: [DONE]\n\n'), text);
    assert.equal(await spent(coding, 'cost'), 3_500_000n);
  }
  coding = 'gzip';
});

test('a packed answer that is cut costs its hold, and the client sees the cut', async () => {
  cut = 12;
  const own = { authorization: `Bearer ${gateway.key('--user', 'cut')}` };
  await assert.rejects(async () => (await post(JSON.stringify(question), own)).text());
  cut = 0;
  assert.ok((await spent('cut', 'uncertain')) > 0n);
});

test('what cannot be unpacked is refused with what was expected', async () => {
  const unknown = await post('x', { 'content-encoding': 'compress' });
  assert.equal(unknown.status, 400);
  assert.match(await unknown.text(), /expected gzip, deflate, br, zstd or identity/);
  const broken = await post('no gzip at all', { 'content-encoding': 'gzip' });
  assert.equal(broken.status, 400);
  assert.match(await broken.text(), /not what its Content-Encoding says/);
  const bomb = zlib.gzipSync(Buffer.alloc(1 << 20));
  const large = await post(bomb, { 'content-encoding': 'gzip' });
  assert.equal(large.status, 413);
});

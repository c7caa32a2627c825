// stream-bound.test.mjs — a stream past the output bound it was sent is ended at counted tokens
// where the tokenizer is public, at bytes elsewhere; one that keeps its bound is never touched.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startGateway } from './gateway.mjs';

let gateway;
let key;

before(async () => {
  gateway = await startGateway();
  key = gateway.key('--user', 'ada');
});
after(() => gateway?.stop());

/** A stream with a bound of 400 tokens, read to its end, and its record in the books. */
async function stream(path, model, words) {
  const response = await fetch(gateway.base + path, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'x-simulate': `${words} per-token=200`,
    },
    body: JSON.stringify({
      model,
      stream: true,
      [path === '/v1/messages' ? 'max_tokens' : 'max_completion_tokens']: 400,
      messages: [{ role: 'user', content: 'Tell me something long.' }],
    }),
  });
  assert.equal(response.status, 200);
  const body = await response.text();
  assert.ok(body.endsWith('\n\n'), 'the last event is whole');
  const events = body
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)));
  const id = response.headers.get('x-purser-call-id');
  for (let tries = 0; tries < 200; tries += 1) {
    const row = await fetch(`${gateway.base}/v1/calls/${id}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    if (row.ok) return { body, events, row: await row.json() };
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return assert.fail(`${id} is in no book`);
}

const chatText = (events) => events.map((e) => e.choices[0]?.delta?.content ?? '').join('');
const chatEnd = (events) => events.map((e) => e.choices[0]?.finish_reason).find(Boolean);

test('where the tokenizer is public, a stream ends an eighth behind its bound', async () => {
  const { body, events, row } = await stream(
    '/v1/chat/completions',
    'gpt-4o',
    'ignore-cap output=4000',
  );
  // The simulator's words have four bytes each.
  const tokens = Buffer.byteLength(chatText(events)) / 4;
  assert.ok(tokens > 400, `${tokens} tokens: not before the bound`);
  assert.ok(tokens < 560, `${tokens} tokens: 16 bytes a token would be 1,600`);
  assert.equal(chatEnd(events), 'length');
  assert.ok(body.trimEnd().endsWith('data: [DONE]'));
  assert.deepEqual([row.outcome, row.stop_reason], ['presumed', 'purser_hold']);
});

test('a stream that keeps its bound to the last token is passed on whole', async () => {
  const { events, row } = await stream('/v1/chat/completions', 'gpt-4o', 'output=4000');
  assert.equal(Buffer.byteLength(chatText(events)) / 4, 400);
  assert.equal(chatEnd(events), 'length');
  assert.deepEqual([row.outcome, row.tokens_out], ['settled', 400]);
});

test('where the tokenizer is not public, bytes end it', async () => {
  for (const [path, model] of [
    ['/v1/messages', 'claude-sonnet-4-6'],
    ['/v1/chat/completions', 'gpt-6-sol'],
  ]) {
    const { events, row } = await stream(path, model, 'ignore-cap output=4000 reasoning=0');
    const text =
      path === '/v1/messages'
        ? events.map((e) => e.delta?.text ?? '').join('')
        : chatText(events);
    assert.ok(Buffer.byteLength(text) > 400 * 16, `${model}: ${text.length}`);
    assert.ok(Buffer.byteLength(text) < 400 * 16 + 1_000, `${model}: ${text.length}`);
    assert.deepEqual([row.outcome, row.stop_reason], ['presumed', 'purser_hold']);
  }
});

// fallback.test.mjs — providers that fail: the same again, another model, another provider, and one
// that is left alone. Every attempt is in the books, and the bill is what was answered.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import OpenAI from 'openai';
import { startGateway } from './gateway.mjs';

/** A provider that answers what `script` says, and writes down who asked. */
async function provider() {
  const self = { asked: [], script: () => 200 };
  self.server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text) => (body += text));
    request.on('end', () => {
      const { model, stream } = JSON.parse(body);
      self.asked.push(model);
      const status = self.script(model, self.asked.length);
      if (status === 'hang up') {
        request.socket.destroy();
        return;
      }
      const usage = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 };
      if (status !== 200) {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: { message: `no: ${status}`, type: 'server_error' } }));
      } else if (stream) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const choices = [{ index: 0, delta: { content: model }, finish_reason: 'stop' }];
        response.write(`data: ${JSON.stringify({ id: 'c', model, choices })}\n\n`);
        response.write(`data: ${JSON.stringify({ id: 'c', model, choices: [], usage })}\n\n`);
        response.end('data: [DONE]\n\n');
      } else {
        response.writeHead(200, { 'content-type': 'application/json' });
        const choices = [
          { index: 0, message: { role: 'assistant', content: model }, finish_reason: 'stop' },
        ];
        response.end(JSON.stringify({ id: 'c', object: 'chat.completion', model, choices, usage }));
      }
    });
  });
  await new Promise((resolve) => self.server.listen(0, '127.0.0.1', resolve));
  self.url = `http://127.0.0.1:${self.server.address().port}/v1`;
  return self;
}

let first;
let second;
let gateway;
let users = 0;

before(async () => {
  [first, second] = [await provider(), await provider()];
  gateway = await startGateway({
    providers: () => `
  openai: {base_url: "${first.url}", api_key_env: SIMULATED_KEY}
  groq: {base_url: "${second.url}", api_key_env: SIMULATED_KEY}`,
    yaml: `
retries: {most: 1, first: 20ms, longest: 100ms}
fallbacks:
  - match: {model: gpt-4o}
    to: [gpt-4o-mini, groq/llama-3.3-70b-versatile]
breaker: {failures: 10, rest: 300ms}
limits:
  - {name: each user, per: user, window: lifetime, max: {usd: 1}}
`,
  });
});

beforeEach(() => {
  for (const each of [first, second]) {
    each.asked.length = 0;
    each.script = () => 200;
  }
});

after(async () => {
  await gateway?.stop();
  first?.server.close();
  second?.server.close();
});

/** A user of its own, so that what it spent is what this test spent. */
function client() {
  const user = `user ${(users += 1)}`;
  const openai = new OpenAI({
    baseURL: `${gateway.base}/v1`,
    apiKey: gateway.key('--user', user),
    maxRetries: 0,
  });
  return { user, ask: (more) => openai.chat.completions.create(question(more)) };
}
const question = (more = {}) => ({
  model: 'gpt-4o',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Hello' }],
  ...more,
});

async function books(user, calls) {
  for (let i = 0; ; i += 1) {
    const row = gateway.spent('user').get(user);
    if (row?.calls === calls || i === 100) return row;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a hiccup is tried again, and billed once', async () => {
  first.script = (_, times) => (times === 1 ? 500 : 200);
  const { user, ask } = client();
  const answer = await ask();
  assert.equal(answer.choices[0].message.content, 'gpt-4o');
  assert.deepEqual(first.asked, ['gpt-4o', 'gpt-4o']);
  const row = await books(user, 2);
  assert.equal(row.cost, 3_500_000n); // 1,000 in at $2.50 and 100 out at $10 a million
  assert.equal(row.uncertain, 0n);
});

test('a model that stays away is replaced by the next in line, across providers', async () => {
  first.script = () => 503;
  const { user, ask } = client();
  const answer = await ask();
  assert.equal(answer.choices[0].message.content, 'llama-3.3-70b-versatile');
  assert.deepEqual(first.asked, ['gpt-4o', 'gpt-4o', 'gpt-4o-mini', 'gpt-4o-mini']);
  assert.deepEqual(second.asked, ['llama-3.3-70b-versatile']);
  const row = await books(user, 5);
  assert.equal(row.cost, 669_000n); // at $0.59 and $0.79 a million
});

test('so is a stream, before its first event', async () => {
  first.script = (model) => (model === 'gpt-4o' ? 529 : 200);
  const { ask } = client();
  let text = '';
  for await (const event of await ask({ stream: true })) {
    text += event.choices[0]?.delta?.content ?? '';
  }
  assert.equal(text, 'gpt-4o-mini');
});

test('the answer says what was changed, and which attempt it followed', async () => {
  first.script = (model) => (model === 'gpt-4o' ? 404 : 200);
  const { user } = client();
  const key = gateway.key('--user', user);
  const response = await fetch(`${gateway.base}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(question()),
  });
  assert.equal(response.status, 200);
  const edits = response.headers.get('x-purser-edits');
  assert.match(edits, /model=gpt-4o-mini/);
  assert.match(edits, /by=fallback/);
  const before = edits.match(/after=(call_[0-9a-f]{16})/)[1];
  await books(user, 2);
  const headers = { authorization: `Bearer ${key}` };
  const record = await (await fetch(`${gateway.base}/v1/calls/${before}`, { headers })).json();
  assert.equal(record.outcome, 'released');
  assert.deepEqual(first.asked, ['gpt-4o', 'gpt-4o-mini'], 'a 404 is not asked for again');
});

test('what is wrong with the call itself is not tried again', async () => {
  first.script = () => 400;
  await assert.rejects(client().ask(), { status: 400 });
  assert.deepEqual(first.asked, ['gpt-4o']);
});

test('a call without an answer may be billed: it is not tried again unasked', async () => {
  first.script = () => 'hang up';
  const { user, ask } = client();
  await assert.rejects(ask(), { status: 502 });
  assert.deepEqual(first.asked, ['gpt-4o']);
  assert.ok((await books(user, 1)).uncertain > 0n);
});

test('when nothing helps, the last answer is the answer', async () => {
  first.script = () => 500;
  second.script = () => 500;
  const { user, ask } = client();
  await assert.rejects(ask(), { status: 500 });
  assert.equal(first.asked.length + second.asked.length, 6);
  assert.equal((await books(user, 6)).cost, 0n);
  first.script = second.script = () => 200;
  for (const model of ['gpt-4o-mini', 'groq/llama-3.3-70b-versatile']) {
    await client().ask({ model });
  }
});

test('a provider that fails call after call is left alone, and looked at again', async () => {
  first.script = () => 500;
  for (let i = 0; i < 5; i += 1) {
    await assert.rejects(client().ask({ model: 'gpt-4.1' }), { status: 500 });
  }
  assert.equal(first.asked.length, 10);
  await assert.rejects(client().ask({ model: 'gpt-4.1' }), (error) => {
    assert.equal(error.status, 503);
    assert.match(error.message, /left alone/);
    return true;
  });
  assert.equal(first.asked.length, 10, 'nobody asked');
  const answer = await client().ask();
  assert.equal(answer.choices[0].message.content, 'llama-3.3-70b-versatile');
  assert.equal(first.asked.length, 10, 'a fallback of the same provider is passed by, too');
  const metrics = await (await fetch(`${gateway.base}/metrics`)).text();
  assert.match(metrics, /purser_providers_left_alone 1/);
  first.script = () => 200;
  await new Promise((resolve) => setTimeout(resolve, 350));
  assert.equal((await client().ask()).choices[0].message.content, 'gpt-4o');
});

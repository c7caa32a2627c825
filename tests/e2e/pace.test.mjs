// pace.test.mjs — a provider that says "not so fast", and one that takes two calls at a time: who
// waits, for how long, in which order, and what comes of the holds.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startGateway } from './gateway.mjs';

const run = promisify(execFile);
// What ships is held to its promise; under a sanitizer only to coming soon.
const withinMs = /\/(dev|tsan)\//.test(process.env.PURSER) ? 1_000 : 150;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const usage = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 };
const answer = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-4o-mini',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hi' } }],
  usage,
});

const tooFast = (headers) => ({
  status: 429,
  headers,
  body: '{"error":{"type":"requests","code":"rate_limit_exceeded"}}',
});

/** A provider that answers as `behave` says: {status, headers, body, delay} for each call. */
async function startProvider() {
  const provider = { calls: [], atOnce: 0, atOnceMax: 0, behave: () => ({}) };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes) => (body += bytes));
    request.on('end', async () => {
      const call = { at: performance.now(), ...JSON.parse(body) };
      provider.calls.push(call);
      provider.atOnce += 1;
      provider.atOnceMax = Math.max(provider.atOnceMax, provider.atOnce);
      const how = provider.behave(call);
      await sleep(how.delay ?? 0);
      provider.atOnce -= 1;
      response.writeHead(how.status ?? 200, { 'content-type': 'application/json', ...how.headers });
      response.end(how.body ?? answer);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  provider.url = `http://127.0.0.1:${server.address().port}/v1`;
  provider.stop = () => new Promise((resolve) => server.close(resolve));
  provider.begin = (behave) => {
    Object.assign(provider, { calls: [], atOnceMax: 0, behave });
  };
  return provider;
}

let provider;
let plain; // a gateway that is told nothing of queues
let slow; // a gateway without a bound on calls at once
let narrow; // the same, with two at once and room for few to wait
let ann;
let bob;

before(async () => {
  provider = await startProvider();
  const gateway = (queue) =>
    startGateway({
      openai: provider.url,
      yaml: `
limits:
  - {name: month, per: user, window: month, max: {usd: "100"}}
  - {name: at once, per: user, window: lifetime, max: {concurrent: 1000}}
keys: {labels: accept}
`,
      openaiMore: queue,
    });
  plain = await gateway('');
  slow = await gateway('queue: {wait: 3s}');
  narrow = await gateway('queue: {at_once: 2, longest: 60, wait: 20s}');
  const keys = (user) => ({
    plain: plain.key('--user', user),
    slow: slow.key('--user', user),
    narrow: narrow.key('--user', user),
  });
  ann = keys('ann');
  bob = keys('bob');
});
after(async () => {
  await plain?.stop();
  await slow?.stop();
  await narrow?.stop();
  await provider?.stop();
});

async function chat(gateway, key, more = {}, headers = {}) {
  const began = performance.now();
  const response = await fetch(`${gateway.base}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      model: 'gpt-4o-mini',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'Hello' }],
      ...more,
    }),
  });
  const body = await response.json();
  return {
    status: response.status,
    headers: response.headers,
    body,
    took: performance.now() - began,
    ended: performance.now(),
  };
}

const metric = async (gateway, name) => {
  const text = await (await fetch(`${gateway.base}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(name));
  return Number(line?.split(' ').at(-1));
};

test("one caller's 429 is everybody's: others wait, and then go a few at first", async () => {
  const until = { at: 0 };
  provider.begin((call) => {
    until.at ||= call.at + 1000;
    return call.at < until.at ? tooFast({ 'retry-after': '1' }) : { delay: 30 };
  });
  const first = await chat(slow, ann.slow);
  assert.equal(first.status, 429, 'the 429 itself is passed on');
  assert.equal(first.headers.get('retry-after'), '1');
  assert.equal(first.body.error.code, 'rate_limit_exceeded');

  const others = await Promise.all(
    Array.from({ length: 20 }, (_, i) => chat(slow, i % 2 ? ann.slow : bob.slow)),
  );
  assert.deepEqual(new Set(others.map(({ status }) => status)), new Set([200]));
  assert.equal(provider.calls.length, 21, 'nobody else was refused');
  for (const other of others) {
    assert.ok(other.took > 700, `${other.took} ms`);
    assert.ok(Number(other.headers.get('x-purser-queued-ms')) > 600);
  }
  assert.ok(provider.atOnceMax <= 16, `${provider.atOnceMax} at once: it opens gently`);
  assert.equal(await metric(slow, 'purser_queue_waited_total{provider="openai"}'), 20);
  assert.equal(await metric(slow, 'purser_gate_closed_total{provider="openai"}'), 1);
  assert.equal(await metric(slow, 'purser_queue_waiting{provider="openai"}'), 0);
});

test('no configuration is needed for that', async () => {
  provider.begin(() => tooFast({ 'retry-after': '1' }));
  assert.equal((await chat(plain, ann.plain)).status, 429);
  provider.begin(() => ({}));
  const other = await chat(plain, bob.plain);
  assert.equal(other.status, 200);
  assert.ok(other.took > 700, `${other.took} ms`);
});

test('a 429 that says no time is the caller’s alone, unless nobody is answered', async () => {
  const bare = (text) => ({ model: 'gpt-4o', messages: [{ role: 'user', content: text }] });
  provider.begin(({ messages }) => (messages[0].content === 'odd' ? tooFast({}) : {}));
  for (let round = 0; round < 5; round += 1) {
    assert.equal((await chat(plain, ann.plain, bare('odd'))).status, 429);
    const other = await chat(plain, bob.plain, bare('even'));
    assert.equal(other.status, 200);
    assert.equal(other.headers.get('x-purser-queued-ms'), null, 'it did not wait');
  }
  for (let round = 0; round < 3; round += 1) {
    assert.equal((await chat(plain, ann.plain, bare('odd'))).status, 429);
  }
  const waits = await chat(plain, bob.plain, bare('even'));
  assert.equal(waits.status, 200);
  assert.ok(waits.took > 700 && waits.took < 2500, `${waits.took} ms`);
});

test('another model, or another service tier, of the same provider does not wait', async () => {
  provider.begin(({ model }) =>
    model === 'gpt-4o-mini' ? tooFast({ 'retry-after-ms': '2000' }) : {},
  );
  assert.equal((await chat(slow, ann.slow)).status, 429);
  provider.behave = () => ({});
  for (const elsewhere of [{ model: 'gpt-4o' }, { service_tier: 'flex' }]) {
    const other = await chat(slow, ann.slow, elsewhere);
    assert.equal(other.status, 200);
    assert.ok(other.took < 500, `${other.took} ms`);
  }
  await sleep(2000);
});

test('who would wait too long is told so at once, and its hold is given back', async () => {
  provider.begin(() => tooFast({ 'retry-after': '300' }));
  await chat(slow, ann.slow, { model: 'gpt-4.1-nano' });
  const refused = await chat(slow, bob.slow, { model: 'gpt-4.1-nano' });
  assert.equal(refused.status, 429);
  assert.ok(refused.took < 500, `${refused.took} ms`);
  const seconds = Number(refused.headers.get('retry-after'));
  assert.ok(seconds > 50 && seconds <= 60, `retry-after: ${seconds}`);
  assert.equal(refused.headers.get('x-should-retry'), 'true');
  assert.equal(refused.body.error.code, 'rate_limit_exceeded');
  assert.equal(provider.calls.length, 1, 'it never left');
  assert.equal(await metric(slow, 'purser_open_holds'), 0);
});

test('a spend cap with the provider keeps nobody waiting', async () => {
  provider.begin(() => ({
    status: 429,
    headers: { 'retry-after': '2' },
    body: '{"error":{"type":"insufficient_quota","code":"credit_balance_exhausted"}}',
  }));
  assert.equal((await chat(slow, ann.slow, { model: 'gpt-4.1' })).status, 429);
  provider.begin(() => ({}));
  const next = await chat(slow, bob.slow, { model: 'gpt-4.1' });
  assert.equal(next.status, 200);
  assert.ok(next.took < 500, `${next.took} ms`);
});

test('an answer that leaves nothing over makes the next ones wait', async () => {
  provider.begin(() => ({
    headers: {
      'x-ratelimit-limit-requests': '1',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1s',
    },
  }));
  assert.equal((await chat(slow, ann.slow, { model: 'gpt-4.1-mini' })).status, 200);
  provider.begin(() => ({}));
  const next = await chat(slow, bob.slow, { model: 'gpt-4.1-mini' });
  assert.equal(next.status, 200);
  assert.ok(next.took > 700 && next.took < 2500, `${next.took} ms`);
});

test('with two places, five calls of one user are not behind fifty of another', async () => {
  provider.begin(() => ({ delay: 40 }));
  const many = Array.from({ length: 50 }, () => chat(narrow, ann.narrow));
  await sleep(100);
  const few = Array.from({ length: 5 }, () => chat(narrow, bob.narrow));
  const bobs = await Promise.all(few);
  const anns = await Promise.all(many);
  assert.deepEqual(new Set([...anns, ...bobs].map(({ status }) => status)), new Set([200]));
  assert.equal(provider.atOnceMax, 2);
  const bobsLast = Math.max(...bobs.map(({ ended }) => ended));
  const before = anns.filter(({ ended }) => ended < bobsLast).length;
  assert.ok(before <= 20, `${before} of ann's 50 calls ended before bob's last`);
});

test('essential calls go before background ones that came first', async () => {
  provider.begin(() => ({ delay: 40 }));
  const background = Array.from({ length: 30 }, () =>
    chat(narrow, ann.narrow, {}, { 'x-purser-priority': 'background' }),
  );
  await sleep(100);
  const urgent = await chat(narrow, ann.narrow, {}, { 'x-purser-priority': 'essential' });
  const rest = await Promise.all(background);
  assert.equal(urgent.status, 200);
  const before = rest.filter(({ ended }) => ended < urgent.ended).length;
  assert.ok(before <= 10, `${before} of 30 background calls ended before it`);
});

test('more than may wait are refused, and nothing is kept of them', async () => {
  provider.begin(() => ({ delay: 20 }));
  const all = await Promise.all(Array.from({ length: 80 }, () => chat(narrow, ann.narrow)));
  const refused = all.filter(({ status }) => status === 429);
  assert.equal(all.filter(({ status }) => status === 200).length, 62, '2 places, and 60 that wait');
  assert.equal(refused.length, 18);
  assert.equal(refused[0].headers.get('retry-after'), '1');
  assert.equal(await metric(narrow, 'purser_open_holds'), 0);
  assert.equal(await metric(narrow, 'purser_queue_waiting{provider="openai"}'), 0);
});

test('a client that leaves while it waits costs nothing', async () => {
  provider.begin(() => ({ delay: 300 }));
  const two = [chat(narrow, ann.narrow), chat(narrow, ann.narrow)];
  await sleep(100);
  const leaving = new AbortController();
  const left = fetch(`${narrow.base}/v1/chat/completions`, {
    method: 'POST',
    signal: leaving.signal,
    headers: { authorization: `Bearer ${bob.narrow}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] }),
  }).catch(() => 'left');
  await sleep(100);
  leaving.abort();
  assert.equal(await left, 'left');
  await Promise.all(two);
  await sleep(300);
  assert.equal(provider.calls.length, 2);
  assert.equal(await metric(narrow, 'purser_open_holds'), 0);
});

for (const [name, hard] of [
  ['a kill switch', []],
  ['a hard one', ['--hard']],
]) {
  test(`${name} reaches a call that waits for its turn at once`, async () => {
    provider.begin(() => ({ delay: 1500 }));
    const two = [chat(narrow, ann.narrow), chat(narrow, ann.narrow)];
    await sleep(100);
    const waits = chat(narrow, bob.narrow, {}, { 'x-purser-feature': 'digest' });
    await sleep(200);
    const purser = (...args) => run(process.env.PURSER, [...args, '--config', narrow.config]);
    await purser('kill', '--feature', 'digest', '--why', 'enough', ...hard);
    const thrown = performance.now();
    const refused = await waits;
    assert.equal(refused.status, 403);
    assert.match(refused.body.error.message, /enough/);
    const took = refused.ended - thrown;
    assert.ok(took < withinMs, `${took} ms after the command`);
    assert.equal(await metric(narrow, 'purser_queue_waiting{provider="openai"}'), 0);
    assert.equal(await metric(narrow, 'purser_open_holds'), 2, 'its hold is given back');
    assert.deepEqual([200, 200], (await Promise.all(two)).map(({ status }) => status));
    assert.equal(provider.calls.length, 2, 'it never left');
    await purser('resume', '--feature', 'digest');
  });
}

// peer-faults.test.mjs — faults that users of other gateways report, each with a test that fails if
// it comes to us (docs/peer-faults.md says where the others are tested), and input that is bad.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { startGateway } from './gateway.mjs';

const limits = `
limits:
  - {name: capped-day, match: {user: capped}, per: user, window: day, max: {usd: "0.01"}}
  - {name: newcomers, match: {feature: open}, per: user, window: day, max: {usd: "0.002"}}
  - {name: runs, match: {feature: run}, per: session, window: lifetime, max: {usd: "0.002"}}
`;
let gateway;
let key;

before(async () => {
  gateway = await startGateway({ yaml: limits });
  key = gateway.key('--user', 'ada');
});
after(() => gateway?.stop());

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, holds) {
  for (let i = 0; i < 200; i += 1) {
    const seen = await what();
    if (holds(seen)) return seen;
    await wait(25);
  }
  return assert.fail(`it did not come true: ${await what()}`);
}

const metric = async (of, name) => {
  const text = await (await fetch(`${of.base}/metrics`)).text();
  return Number(text.match(new RegExp(`^${name} (\\S+)`, 'm'))?.[1]);
};
const nothingHeld = (of = gateway) => until(() => metric(of, 'purser_open_holds'), (n) => n === 0);

const chat = (of, secret, body, headers = {}, options = {}) =>
  fetch(`${of.base}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Tell me something long.' }],
      ...body,
    }),
    ...options,
  });

const nanos = (dollars) => BigInt(dollars.toFixed(9).replace('.', ''));

async function record(of, secret, id) {
  return until(
    async () => {
      const response = await fetch(`${of.base}/v1/calls/${id}`, {
        headers: { authorization: `Bearer ${secret}` },
      });
      return response.ok ? response.json() : null;
    },
    (row) => row !== null,
  );
}

/** Begins a slow stream, reads a piece of it, and leaves. Returns the call's id. */
async function leaveMidway(of, secret, words = 'output=200 drip=1') {
  const controller = new AbortController();
  const response = await chat(
    of,
    secret,
    { stream: true, max_tokens: 200 },
    { 'x-simulate': words, 'x-request-tag': 'left' },
    { signal: controller.signal },
  );
  await response.body.getReader().read();
  controller.abort();
  return response.headers.get('x-purser-call-id');
}

test('a client that leaves midway pays exactly what the provider bills', async () => {
  const row = await record(gateway, key, await leaveMidway(gateway, key));
  assert.equal(row.outcome, 'settled');
  assert.equal(row.tokens_out, 200);
  assert.equal(nanos(row.cost_usd), (await gateway.billByTag()).get('left'));
  await nothingHeld();
});

test('what is read on for too long, or is one too many, is never below its bill', async () => {
  for (const [bound, outcome] of [
    ['longest: 1s', 'presumed'],
    ['at_once_max: 0', 'estimated'],
  ]) {
    const bounded = await startGateway({ yaml: `on_disconnect: {${bound}}` });
    try {
      const secret = bounded.key('--user', 'ada');
      const id = await leaveMidway(bounded, secret, 'output=200 drip=40');
      const row = await record(bounded, secret, id);
      assert.equal(row.outcome, outcome, bound);
      assert.equal(row.cost_usd, row.held_usd);
      const billed = (await bounded.billByTag()).get('left') ?? 0n;
      assert.ok(nanos(row.cost_usd) >= billed);
      await nothingHeld(bounded);
    } finally {
      await bounded.stop();
    }
  }
});

test('a user or session nobody has seen is held to its maximum from the first call', async () => {
  const anybody = gateway.key('--labels', 'all');
  for (const labels of [
    { 'x-purser-feature': 'open', 'x-purser-user': 'newcomer' },
    { 'x-purser-feature': 'run', 'x-purser-session': 'new-run' },
  ]) {
    const calls = Array.from({ length: 40 }, () =>
      chat(
        gateway,
        anybody,
        { model: 'gpt-4o', max_tokens: 100 },
        { ...labels, 'x-simulate': 'output=50', 'x-request-tag': JSON.stringify(labels) },
      ),
    );
    const statuses = (await Promise.all(calls)).map((response) => response.status);
    assert.ok(statuses.includes(402), 'forty calls are more than the maximum carries');
    assert.ok(statuses.includes(200));
    const billed = (await gateway.billByTag()).get(JSON.stringify(labels));
    assert.ok(billed > 500_000n && billed <= 2_000_000n, `${billed} of 2,000,000 nanodollars`);
  }
  await nothingHeld();
});

test('where leaving cancels, the estimate is marked and never below the bill', async () => {
  const hasty = await startGateway({ yaml: 'on_disconnect: {action: cancel}' });
  try {
    const secret = hasty.key('--user', 'ada');
    const row = await record(hasty, secret, await leaveMidway(hasty, secret));
    assert.equal(row.outcome, 'estimated');
    const billed = [...(await hasty.billByTag()).values()].reduce((sum, n) => sum + n, 0n);
    assert.ok(nanos(row.cost_usd) >= billed);
    await nothingHeld(hasty);
  } finally {
    await hasty.stop();
  }
});

test('a reported zero is a zero, not an estimate', async () => {
  const response = await chat(gateway, key, {}, { 'x-simulate': 'zero-usage' });
  assert.equal(response.headers.get('x-purser-cost-usd'), '0.000000000');
  const row = await record(gateway, key, response.headers.get('x-purser-call-id'));
  assert.deepEqual([row.outcome, row.tokens_in, row.tokens_out], ['settled', 0, 0]);
});

test('the session headers of other gateways and agents name the session', async () => {
  for (const header of ['x-litellm-trace-id', 'helicone-session-id', 'session_id']) {
    const response = await chat(gateway, key, {}, { [header]: `run-${header}` });
    const row = await record(gateway, key, response.headers.get('x-purser-call-id'));
    assert.equal(row.session_id, `run-${header}`);
  }
});

test('a changed maximum keeps what was used', async () => {
  const capped = gateway.key('--user', 'capped');
  const left = (response) => Number(response.headers.get('x-purser-left').replace('$', ''));
  const before_ = left(await chat(gateway, capped, { max_tokens: 50 }));
  assert.ok(before_ < 0.01);
  const config = readFileSync(gateway.config, 'utf8');
  writeFileSync(gateway.config, config.replace('"0.01"', '"0.02"'));
  const raised = await until(
    async () => left(await chat(gateway, capped, { max_tokens: 1 })),
    (dollars) => dollars > 0.01,
  );
  assert.ok(raised < 0.02 - (0.01 - before_), 'usage from before the change counts');
});

test('bad bodies are refused in the dialect, and hold nothing', async () => {
  const deep = '['.repeat(100_000);
  const bodies = [
    '',
    '{',
    '[]',
    '{"model": 7, "messages": []}',
    '{"model": "gpt-4o", "messages": "no"}',
    '{"model": "gpt-4o", "model": "gpt-4o-mini", "messages": []}',
    `{"model": "gpt-4o", "messages": ${deep}}`,
    Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
  ];
  for (const [path, type] of [
    ['/v1/chat/completions', (body) => body.error.type],
    ['/v1/messages', (body) => (body.type === 'error' ? body.error.type : undefined)],
  ]) {
    for (const body of bodies) {
      const response = await fetch(gateway.base + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body,
      });
      assert.equal(response.status, 400, String(body).slice(0, 60));
      assert.equal(type(await response.json()), 'invalid_request_error');
    }
  }
  await nothingHeld();
});

/** Sends raw bytes and returns all that comes back before the connection ends. */
function raw(bytes, { end = false } = {}) {
  return new Promise((resolve) => {
    const { port } = new URL(gateway.base);
    let answer = '';
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(bytes);
      if (end) socket.end();
    });
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on('data', (data) => (answer += data));
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
  });
}

test('floods and broken heads are refused with a status, and hold nothing', async () => {
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n';
  const flood = Array.from({ length: 500 }, (_, i) => `x-${i}: y\r\n`).join('');
  const cases = [
    [`${head}${flood}Connection: close\r\n\r\n`, /^HTTP\/1.1 431 /],
    [`${head}x: ${'a'.repeat(40_000)}\r\n\r\n`, /^HTTP\/1.1 431 /],
    [`${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`, /^HTTP\/1.1 400 /],
    [`${head}Content-Length: 99999999999\r\n\r\n`, /^HTTP\/1.1 413 /],
    [`${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, /^HTTP\/1.1 400 /],
    ['\x16\x03\x01 not http at all\r\n\r\n', /^HTTP\/1.1 400 /],
  ];
  for (const [bytes, expected] of cases) {
    assert.match(await raw(bytes), expected, bytes.slice(0, 90));
  }
  assert.equal(await raw(`${head}Content-Length: 500\r\n\r\n{"model"`, { end: true }), '');
  await nothingHeld();
});

// kills.test.mjs — kill switches, thrown by another process: how soon they hold, what the official
// clients see, and how a live stream ends.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { startGateway } from './gateway.mjs';

const say = (content) => [{ role: 'user', content }];
const run = promisify(execFile);
// What ships is held to its promise; under a sanitizer only to coming soon.
const withinMs = /\/(dev|tsan)\//.test(process.env.PURSER) ? 1_000 : 100;

let gateway;
let openai;
let anthropic;

before(async () => {
  gateway = await startGateway({
    yaml: `
limits:
  - {name: month, per: user, window: month, max: {usd: "100"}}
`,
    simulate: ['--first-byte', '5ms'],
  });
  const key = gateway.key('--user', 'ann', '--team', 'search');
  openai = new OpenAI({ apiKey: key, baseURL: `${gateway.base}/v1` });
  anthropic = new Anthropic({ apiKey: key, baseURL: gateway.base });
});
after(() => gateway?.stop());

/** Another process than the gateway: `purser kill …`, and the time at which it had ended. */
async function purser(...args) {
  const { stdout } = await run(process.env.PURSER, [...args, '--config', gateway.config]);
  return { stdout, at: performance.now() };
}
const kills = () =>
  JSON.parse(gateway.purser('kills', '--config', gateway.config, '--format', 'json'));

beforeEach(async () => {
  if (kills().length > 0) await purser('resume', '--all');
  await new Promise((resolve) => setTimeout(resolve, withinMs));
});

const chat = (options = {}, headers = {}) =>
  openai.chat.completions.create(
    { model: 'gpt-4o-mini', messages: say('Hello'), max_tokens: 20, ...options },
    { headers },
  );
const message = (options = {}, headers = {}) =>
  anthropic.messages.create(
    { model: 'claude-haiku-4-5', messages: say('Hello'), max_tokens: 20, ...options },
    { headers },
  );

/** Every call as a person would see it: undefined when answered, else the client's error. */
async function errorOf(call) {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error;
  }
}

test('a switch holds within 100 ms of the command, and so does its end', async () => {
  let slowest = 0;
  for (let round = 0; round < 10; round += 1) {
    for (const [verb, refuses] of [
      [['kill', '--feature', 'digest', '--why', 'it loops', '--who', 'eve'], true],
      [['resume', '--feature', 'digest'], false],
    ]) {
      const { at } = await purser(...verb);
      for (;;) {
        const asked = performance.now();
        const error = await errorOf(chat({}, { 'x-purser-feature': 'digest' }));
        if ((error !== undefined) === refuses) {
          slowest = Math.max(slowest, asked - at);
          break;
        }
        assert.ok(asked - at < withinMs, `${verb[0]} does not hold after ${asked - at} ms`);
      }
    }
  }
  console.log(`# at most ${slowest.toFixed(1)} ms from the command to the first call it rules`);
});

test('a refused call is a 403 in the client’s words, not retried, with nothing held', async () => {
  await purser('kill', '--feature', 'digest', '--for', '2h', '--why', 'it loops', '--who', 'eve');
  await new Promise((resolve) => setTimeout(resolve, withinMs));
  for (const [call, Kind, dialect] of [
    [chat, OpenAI.PermissionDeniedError, 'chat'],
    [message, Anthropic.PermissionDeniedError, 'messages'],
  ]) {
    for (const stream of [false, true]) {
      const error = await errorOf(call({ stream }, { 'x-purser-feature': 'digest' }));
      assert.ok(error instanceof Kind, `${dialect}: ${error}`);
      assert.equal(error.headers.get('x-should-retry'), 'false');
      assert.equal(error.headers.get('x-purser-held-usd'), null);
      assert.match(
        error.message,
        /switched off by eve for feature digest until \d{4}-.*: it loops \(kill switch \d+\)/,
      );
    }
    assert.equal(await errorOf(call({}, { 'x-purser-feature': 'other' })), undefined);
  }
});

test('every label can be switched off, together they mean both, and --all means all', async () => {
  for (const [label, value] of [
    ['--user', 'ann'],
    ['--team', 'search'],
    ['--model', 'gpt-4o-mini'],
    ['--session', 's1'],
  ]) {
    await purser('kill', label, value, '--why', 'test');
    await new Promise((resolve) => setTimeout(resolve, withinMs));
    const headers = { 'x-purser-session': 's1' };
    assert.match(String(await errorOf(chat({}, headers))), /403/, label);
    const dated = await errorOf(chat({ model: 'gpt-4o-mini-2024-07-18' }, headers));
    assert.match(String(dated), /403/, `${label}, a dated snapshot`);
    await purser('resume', label, value);
  }
  await purser('kill', '--team', 'search', '--model', 'gpt-4o', '--why', 'test');
  await new Promise((resolve) => setTimeout(resolve, withinMs));
  assert.equal(await errorOf(chat()), undefined, 'another model of the team');
  assert.match(String(await errorOf(chat({ model: 'gpt-4o' }))), /403/);
  await purser('kill', '--all', '--why', 'test');
  await new Promise((resolve) => setTimeout(resolve, withinMs));
  assert.match(String(await errorOf(message())), /all calls/);
  assert.equal(kills().length, 2);
});

/** Reads a slow stream to its end; `begun` resolves at its first piece. */
function slowStream(open, pieceOf) {
  let hasBegun;
  const begun = new Promise((resolve) => (hasBegun = resolve));
  const ended = (async () => {
    const pieces = [];
    for await (const event of await open()) {
      pieces.push(pieceOf(event));
      hasBegun();
    }
    return { pieces: pieces.filter(Boolean), at: performance.now() };
  })();
  ended.catch(hasBegun);
  return { begun, ended };
}

const slow = { 'x-simulate': 'output=2000 per-token=20000', 'x-purser-feature': 'slow' };
const dripping = { 'x-simulate': 'output=2000 drip=10', 'x-purser-feature': 'slow' };
const openChat = (headers) => () => chat({ stream: true, max_tokens: 3000 }, headers);
const openMessage = (headers) => () => message({ stream: true, max_tokens: 3000 }, headers);
const ofChat = (chunk) => chunk.choices[0]?.finish_reason;
const ofMessage = (event) => event.delta?.stop_reason;

for (const [name, open, pieceOf, end] of [
  ['openai', openChat(slow), ofChat, 'length'],
  ['anthropic', openMessage(slow), ofMessage, 'max_tokens'],
  ['openai, seven bytes at a time', openChat(dripping), ofChat, 'length'],
  ['anthropic, seven bytes at a time', openMessage(dripping), ofMessage, 'max_tokens'],
]) {
  test(`${name}: a hard switch ends a live stream properly, a soft one lets it go on`, async () => {
    const { begun, ended } = slowStream(open, pieceOf);
    await begun;
    await purser('kill', '--feature', 'slow', '--why', 'soft');
    const early = new Promise((resolve) => setTimeout(() => resolve('goes on'), 300));
    assert.equal(await Promise.race([ended, early]), 'goes on');
    const { at } = await purser('kill', '--feature', 'slow', '--hard', '--why', 'enough');
    const { pieces, at: endedAt } = await ended;
    assert.deepEqual(pieces, [end]);
    const took = endedAt - at;
    assert.ok(took < (name.includes('seven') ? 1000 : withinMs + 50), `it took ${took} ms`);
    console.log(`# ${name}: ended ${took.toFixed(1)} ms after the command`);
  });
}

test('a plain answer under way is answered with the refusal', async () => {
  const waiting = { 'x-simulate': 'first-byte=20000', 'x-purser-feature': 'slow' };
  const calls = [errorOf(chat({}, waiting)), errorOf(message({}, waiting))];
  await new Promise((resolve) => setTimeout(resolve, 200));
  const { at } = await purser('kill', '--feature', 'slow', '--hard', '--why', 'enough');
  for (const error of await Promise.all(calls)) {
    assert.equal(error?.status, 403);
    assert.match(error.message, /enough/);
  }
  assert.ok(performance.now() - at < withinMs + 50);
});

test('what was ended is settled at or above the bill, and the books add up', async () => {
  for (let tries = 0; tries < 100; tries += 1) {
    const text = await (await fetch(`${gateway.base}/metrics`)).text();
    if (/^purser_open_holds 0$/m.test(text) && /^purser_calls_in_flight 0$/m.test(text)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => setTimeout(resolve, 1500)); // the ledger folds within a second
  const total = [...gateway.spent('user').values()].reduce((sum, row) => sum + row.cost, 0n);
  const billed = BigInt((await gateway.bill()).total_nanodollars);
  assert.ok(total >= billed, `posted ${total}, billed ${billed}`);
  gateway.purser('verify-books', '--config', gateway.config);
});

test('switches outlive the gateway, and the audit says who threw them', async () => {
  await purser('kill', '--feature', 'digest', '--why', 'it loops', '--who', 'eve');
  await gateway.killAndRestart();
  assert.match(String(await errorOf(chat({}, { 'x-purser-feature': 'digest' }))), /it loops/);
  const lines = JSON.parse(
    gateway.purser('audit', '--config', gateway.config, '--since', '1h', '--format', 'json'),
  );
  const last = lines.at(-1);
  assert.equal(last.who, 'eve');
  assert.equal(last.what, 'killed feature digest: it loops');
  assert.ok(lines.some((line) => line.what.startsWith('resumed feature digest (')));
});

test('operators throw and resume switches over HTTP; nobody else may', async () => {
  const operator = gateway.key('--operator', '--user', 'olga');
  const admin = (key, method, path = '', body = undefined, headers = {}) =>
    fetch(`${gateway.base}/v1/admin/kills${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...headers },
      body: body && JSON.stringify(body),
    });
  const made = await admin(operator, 'POST', '', { feature: 'digest', hard: true, why: 'enough' });
  assert.equal(made.status, 201);
  const { id, who } = await made.json();
  assert.match(who, /^key_/);
  const error = await errorOf(chat({}, { 'x-purser-feature': 'digest' }));
  assert.match(String(error), /403.*enough/, 'in force when the answer is there');
  const listed = await (await admin(operator, 'GET')).json();
  assert.deepEqual(
    listed.kills.map((kill) => [kill.id, kill.feature, kill.hard, kill.why]),
    [[id, 'digest', true, 'enough']],
  );
  assert.equal((await admin(operator, 'DELETE', `/${id}`)).status, 200);
  assert.equal((await admin(operator, 'DELETE', `/${id}`)).status, 404);
  assert.equal(await errorOf(chat({}, { 'x-purser-feature': 'digest' })), undefined);
  assert.equal((await admin(operator, 'POST', '', { why: 'no label' })).status, 400);

  const plain = openai.apiKey;
  for (const [method, path] of [
    ['POST', ''],
    ['GET', ''],
    ['DELETE', '/1'],
  ]) {
    const refused = await admin(plain, method, path, method === 'POST' ? { all: true } : undefined);
    assert.equal(refused.status, 403, method);
    assert.equal((await refused.json()).error.code, 'permission_denied');
  }
  const theirs = await admin(plain, 'GET', '', undefined, { 'anthropic-version': '2023-06-01' });
  assert.equal((await theirs.json()).error.type, 'permission_error');
  assert.equal((await admin('prs_nobody', 'GET')).status, 401);
});

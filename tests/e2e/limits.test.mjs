// limits.test.mjs — every control at work on real calls: thresholds, landings, tiers, windows,
// pace, sessions without a name, loops, spikes, observers.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { startGateway } from './gateway.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const told = [];
let hook;
let gateway;
let key;

const tools = [
  {
    type: 'function',
    function: { name: 'search', parameters: { type: 'object', properties: {} } },
  },
];

before(async () => {
  hook = createServer(async (request, response) => {
    let body = '';
    for await (const bytes of request) body += bytes;
    told.push(JSON.parse(body));
    response.end();
  });
  await new Promise((resolve) => hook.listen(0, '127.0.0.1', resolve));
  gateway = await startGateway({
    yaml: `
tiers:
  free:
  paid: {inherits: free}
alerts:
  targets:
    - {name: hook, webhook: "http://127.0.0.1:${hook.address().port}/", format: json}
loops: {action: deny}
sessions: {max: {at_once: 50}}
spikes: {action: throttle}
workloads:
  - {match: {feature: research}, control: observe}
calls:
  - {match: {feature: short}, output_default: 40, output_max: 60}
  - {match: {feature: picky}, models: [gpt-4o-mini]}
  - {match: {feature: small}, input_max: 250}
  - {match: {feature: calm}, effort_max: low}
limits:
  - name: turns
    match: {feature: agent}
    per: session
    window: lifetime
    max: {turns: 3}
    at: [{share: 100%, do: land}]
    closing: "Answer now."
  - name: tiered
    match: {feature: tiered}
    per: user
    max: {calls: 2}
    tiers: {paid: {calls: 4}}
    users: {grace: {unlimited: true}}
    messages: {de: "Heute sind {used} von {max} verbraucht."}
  - name: cheaper
    match: {feature: dear}
    per: user
    max: {usd: 1}
    at:
      - {share: 0.01%, do: downgrade, to: [nobody-has-this, gpt-4o-mini]}
  - name: alerted
    match: {feature: alerted}
    max: {calls: 4}
    at: [{share: 50%, do: alert}, {share: 75%, do: essential_only}]
  - name: rolling
    match: {feature: rolling}
    window: rolling
    span: 4s
    max: {calls: 2}
  - name: pace
    match: {feature: paced, not: [{priority: essential}]}
    window: pace
    span: 1m
    burst: 2
    max: {calls: 60}
  - name: at once
    match: {feature: crowd}
    window: lifetime
    max: {concurrent: 2}
  - name: shadow
    match: {feature: shadow}
    max: {calls: 1}
    mode: observe
  - name: strict
    match: {any: [{feature: research}, {feature: strict}]}
    per: feature
    max: {calls: 1}
`,
  });
  key = gateway.key('--labels', 'all');
});
after(async () => {
  await gateway.stop();
  await new Promise((resolve) => hook.close(resolve));
});

/** One chat call; what came back, headers and all. */
async function call({ feature, user, tier, session, priority, language, ...body } = {}) {
  const labels = { feature, user, tier, session, priority };
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  for (const [name, value] of Object.entries(labels)) {
    if (value) headers[`x-purser-${name}`] = value;
  }
  if (language) headers['accept-language'] = language;
  const response = await fetch(`${gateway.base}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: JSON.stringify({
      model: 'gpt-4o-mini',
      max_tokens: 30,
      messages: [{ role: 'user', content: 'Hello' }],
      ...body,
    }),
  });
  return {
    status: response.status,
    of: (name) => response.headers.get(name) ?? '',
    body: await response.json(),
  };
}

test('the last allowed turn of a session lands, and the next is denied', async () => {
  const answers = [];
  for (let turn = 0; turn < 4; turn += 1) {
    answers.push(await call({ feature: 'agent', session: 'lands', tools }));
  }
  assert.deepEqual(answers.map((each) => each.status), [200, 200, 200, 402]);
  assert.match(answers[2].of('x-purser-edits'), /last_answer;by=turns/);
  assert.equal(answers[2].body.choices[0].message.tool_calls, undefined);
  assert.match(answers[3].body.error.message, /3 turns/);
  assert.equal(answers[3].of('x-should-retry'), 'false');
});

test("the official clients take a landing and do not retry a session's end", async () => {
  const anthropic = new Anthropic({
    apiKey: key,
    baseURL: gateway.base,
    defaultHeaders: { 'x-purser-feature': 'agent', 'x-purser-session': 'claude' },
  });
  const ask = () =>
    anthropic.messages.create({
      model: 'claude-haiku-4-5',
      max_tokens: 30,
      messages: [{ role: 'user', content: 'Hello' }],
      tools: [{ name: 'search', input_schema: { type: 'object', properties: {} } }],
    });
  await ask();
  await ask();
  const last = await ask();
  assert.ok(last.content.every((block) => block.type !== 'tool_use'));
  await assert.rejects(ask, (error) => error.status === 402);
});

test('a session without any name is found by its conversation', async () => {
  const openai = new OpenAI({ apiKey: key, baseURL: `${gateway.base}/v1` });
  // Two by the same key, turn by turn: neither the key nor the time tells them apart.
  const conversations = ['Find the oldest lighthouse of the coast.', 'Sum up the minutes.'].map(
    (content) => ({ names: new Set(), messages: [{ role: 'user', content }] }),
  );
  for (let turn = 0; turn < 3; turn += 1) {
    for (const { names, messages } of conversations) {
      const { data, response } = await openai.chat.completions
        .create(
          { model: 'gpt-4o-mini', max_tokens: 20, messages },
          { headers: { 'x-purser-feature': 'agent' } },
        )
        .withResponse();
      names.add(response.headers.get('x-purser-session'));
      messages.push(data.choices[0].message, { role: 'user', content: `And then? ${turn}` });
    }
  }
  assert.deepEqual(conversations.map(({ names }) => names.size), [1, 1]);
  const [[name], [other]] = conversations.map(({ names }) => [...names]);
  assert.notEqual(name, other);
  assert.match(name, /^s_[0-9a-f]{16}$/);
  const state = await (
    await fetch(`${gateway.base}/v1/sessions/${name}`, {
      headers: { authorization: `Bearer ${key}` },
    })
  ).json();
  assert.equal(state.turns, 3);
  assert.equal(state.in_flight, 0);
  assert.ok(state.spent_usd > 0);
});

test('a session ended by hand stays ended, and is nobody else’s to see', async () => {
  const other = gateway.key('--user', 'eve');
  const end = (secret) =>
    fetch(`${gateway.base}/v1/sessions/hand/end`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
    });
  await call({ session: 'hand' });
  assert.equal((await end(other)).status, 404);
  assert.equal((await end(key)).status, 200);
  const refused = await call({ session: 'hand' });
  assert.equal(refused.status, 402);
  assert.match(refused.body.error.message, /session was ended/);
});

test('a session ended by hand stays ended after a kill, named or found', async () => {
  const opening = [{ role: 'user', content: `begin ${Date.now()}` }];
  const talk = (messages) => call({ user: 'ender', messages });
  const first = await talk(opening);
  assert.equal(first.status, 200, JSON.stringify(first.body));
  const found = first.of('x-purser-session');
  assert.match(found, /^s_/);
  await call({ session: 'kept', user: 'ender' });
  for (const name of ['kept', found]) {
    const { status } = await fetch(`${gateway.base}/v1/sessions/${name}/end`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'x-purser-user': 'ender' },
    });
    assert.equal(status, 200, name);
  }
  const more = [
    ...opening,
    { role: 'assistant', content: 'an answer' },
    { role: 'user', content: 'go on' },
  ];
  for (let round = 0; round < 2; round += 1) {
    await gateway.killAndRestart();
    for (const refused of [await call({ session: 'kept', user: 'ender' }), await talk(more)]) {
      assert.equal(refused.status, 402);
      assert.match(refused.body.error.message, /session was ended: ended by key_/);
    }
  }
  assert.equal((await call({ session: 'another', user: 'ender' })).status, 200);
  assert.equal((await call({ session: 'kept', user: 'eve' })).status, 200, 'another’s');
});

test('a tier decides the maximum, keeps what is used, and a user may have another', async () => {
  const statuses = [];
  for (const tier of ['free', 'free', 'free', 'paid', 'paid', 'paid']) {
    statuses.push((await call({ feature: 'tiered', user: 'bob', tier })).status);
  }
  assert.deepEqual(statuses, [200, 200, 402, 200, 200, 402]);
  const german = await call({
    feature: 'tiered', user: 'bob', tier: 'free', language: 'fr;q=0.2, de-AT',
  });
  assert.match(german.body.error.message, /Heute sind 4 calls von 2 calls verbraucht/);
});

test('near its end a budget goes to a cheaper model', async () => {
  const first = await call({ feature: 'dear', user: 'u1', model: 'gpt-4o' });
  assert.equal(first.of('x-purser-edits'), '');
  const second = await call({ feature: 'dear', user: 'u1', model: 'gpt-4o' });
  assert.match(second.of('x-purser-edits'), /model=gpt-4o-mini;by=cheaper/);
  assert.match(second.body.model, /^gpt-4o-mini/);
});

test('single calls are held to their rules', async () => {
  const short = await call({ feature: 'short', max_tokens: 500 });
  assert.equal(short.of('x-purser-output-max'), '60');
  assert.ok(short.body.usage.completion_tokens <= 60);
  const picky = await call({ feature: 'picky', model: 'gpt-4o' });
  assert.equal(picky.status, 403);
  assert.match(picky.body.error.message, /gpt-4o-mini/);
  const long = [{ role: 'user', content: 'far too long '.repeat(100) }];
  assert.equal((await call({ feature: 'small', messages: long })).status, 413);
  assert.equal((await call({ feature: 'small' })).status, 200);
  const calm = await call({ feature: 'calm', model: 'gpt-5.4', reasoning_effort: 'high' });
  assert.match(calm.of('x-purser-edits'), /effort=low/);
});

test('thresholds alert once, leave the rest to essential calls, and then deny', async () => {
  const of = (priority) => call({ feature: 'alerted', priority });
  assert.equal((await of('normal')).status, 200);
  assert.equal((await of('normal')).status, 200);
  assert.equal((await of('normal')).status, 200);
  const shed = await of('normal');
  assert.equal(shed.status, 402);
  assert.match(shed.body.error.message, /only essential calls/);
  assert.equal((await of('essential')).status, 200);
  assert.equal((await of('essential')).status, 402);
  for (let i = 0; i < 100 && !told.some((each) => each.limit === 'alerted'); i += 1) await wait(50);
  const alerts = told.filter((each) => each.limit === 'alerted');
  assert.equal(alerts.length, 1);
  assert.equal(alerts[0].kind, 'limit_threshold');
});

test('a rolling window gives room back as it grows old', async () => {
  const statuses = [];
  for (let i = 0; i < 3; i += 1) statuses.push((await call({ feature: 'rolling' })).status);
  assert.deepEqual(statuses, [200, 200, 402]);
  await wait(5_500);
  assert.equal((await call({ feature: 'rolling' })).status, 200);
});

test('a pace refuses for a moment, except whom it is not for', async () => {
  const answers = [];
  for (let i = 0; i < 3; i += 1) answers.push(await call({ feature: 'paced' }));
  assert.deepEqual(answers.map((each) => each.status), [200, 200, 429]);
  assert.equal(answers[2].of('retry-after'), '1');
  assert.equal((await call({ feature: 'paced', priority: 'essential' })).status, 200);
});

test('calls at once wait for one another, none fails', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => call({ feature: 'crowd' })));
  assert.ok(answers.every((each) => each.status === 200));
});

test('an observed limit only says what it would have done', async () => {
  assert.equal((await call({ feature: 'shadow' })).of('x-purser-edits'), '');
  const second = await call({ feature: 'shadow' });
  assert.equal(second.status, 200);
  assert.match(second.of('x-purser-edits'), /would deny shadow/);
});

test('an exempt workload is never blocked, and told what would have been', async () => {
  assert.equal((await call({ feature: 'strict' })).status, 200);
  assert.equal((await call({ feature: 'strict' })).status, 402);
  assert.equal((await call({ feature: 'research' })).status, 200);
  const second = await call({ feature: 'research' });
  assert.equal(second.status, 200);
  assert.match(second.of('x-purser-edits'), /would deny strict/);
});

test('an agent that does the same again and again is stopped, with the evidence', async () => {
  const messages = [{ role: 'user', content: 'Look it up.' }];
  let stopped;
  for (let turn = 0; turn < 12 && !stopped; turn += 1) {
    const answer = await call({ session: 'circle', messages, tools });
    if (answer.status !== 200) stopped = answer;
    messages.push(
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: `call_${turn}`,
            type: 'function',
            function: { name: 'search', arguments: '{"q":"x"}' },
          },
        ],
      },
      { role: 'tool', tool_call_id: `call_${turn}`, content: 'nothing found' },
    );
  }
  assert.equal(stopped.status, 402);
  assert.match(stopped.body.error.message, /runs in circles \(same_call search/);
  for (let i = 0; i < 100 && !told.some((each) => each.kind === 'loop'); i += 1) await wait(50);
  assert.ok(told.some((each) => each.kind === 'loop'));
});

test('operators set limits over HTTP, whole or not at all', async () => {
  const operator = gateway.key('--operator');
  const put = (secret, body) =>
    fetch(`${gateway.base}/v1/admin/limits`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${secret}` },
      body,
    });
  assert.equal((await put(key, 'limits: []')).status, 403);
  const wrong = await put(operator, 'limits:\n  - {name: x, max: {usd: many}}\n');
  assert.equal(wrong.status, 400);
  assert.match((await wrong.json()).error.message, /limits:2:\d+: usd/);
  const set = await put(
    operator,
    JSON.stringify({
      limits: [{ name: 'by http', match: { feature: 'http' }, max: { calls: 1 } }],
    }),
  );
  assert.deepEqual(await set.json(), { limits: 1, doubts: [] });
  let status = 200;
  for (let i = 0; i < 80 && status === 200; i += 1) {
    ({ status } = await call({ feature: 'http' }));
    await wait(50);
  }
  assert.equal(status, 402);
  await gateway.killAndRestart();
  assert.equal((await call({ feature: 'http' })).status, 402);
});

test('a user far above its own past is slowed down, and told of', async () => {
  // Three weeks of ten calls a day, as the books would have them.
  const usual = await startGateway({
    yaml: `
alerts:
  targets:
    - {name: hook, webhook: "http://127.0.0.1:${hook.address().port}/", format: json}
spikes: {action: throttle}
`,
  });
  try {
    const secret = usual.key('--user', 'steady');
    const ask = (path = '/v1/chat/completions') =>
      fetch(usual.base + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'gpt-4o-mini',
          max_tokens: 5,
          messages: [{ role: 'user', content: 'Hello' }],
        }),
      });
    assert.equal((await ask()).status, 200);
    await wait(1_500);
    await usual.writePast({ days: 21, callsADay: 10 });
    await usual.killAndRestart();
    await wait(500);
    let sent = 0;
    let answer;
    let foretold;
    do {
      foretold = await (await ask('/v1/verdict')).json();
      answer = await ask();
      sent += 1;
    } while (answer.status === 200 && foretold.decision === 'admit' && sent < 100);
    assert.equal(answer.status, 429);
    assert.deepEqual([foretold.decision, foretold.limit], ['wait', 'spike']);
    assert.match(answer.headers.get('x-purser-call-id'), /^call_/);
    assert.ok(sent <= 50, `caught at call ${sent}`);
    const refusal = await answer.json();
    assert.match(refusal.error.message, /far more calls than it ever did/);
    for (let i = 0; i < 100 && !told.some((each) => each.kind === 'spike'); i += 1) await wait(50);
    assert.ok(told.some((each) => each.kind === 'spike' && each.subject === 'user steady'));
  } finally {
    await usual.stop();
  }
});

test('the books add up after all that', () => {
  assert.match(gateway.purser('verify-books', '--config', gateway.config), /the books add up/);
});

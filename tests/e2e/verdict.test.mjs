// verdict.test.mjs — POST /v1/verdict says what would become of a call, and does nothing of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startGateway } from './gateway.mjs';

let gateway;
let key;

before(async () => {
  gateway = await startGateway({
    yaml: `
loops: {action: deny}
sessions: {max: {tool_calls: 20}}
limits:
  - {name: daily, match: {user: ann}, per: user, window: day, max: {usd: "1.00", calls: 1000}}
  - {name: small, match: {user: bob}, per: user, window: day, max: {usd: "0.003"}}
  - {name: watched, match: {user: ann}, per: user, window: day, max: {usd: "0"}, mode: observe}
  - name: cheap
    match: {user: cid}
    per: user
    window: day
    max: {calls: 100}
    at: [{share: 1%, do: downgrade, to: [gpt-4o-mini]}]
  - name: last
    match: {user: dan}
    per: user
    window: day
    max: {calls: 100}
    at: [{share: 1%, do: land}]
  - {name: none, match: {user: eve}, per: user, window: day, max: {usd: "0"}}
  - {name: pace, match: {user: fay}, per: user, window: pace, span: 1h, max: {calls: 1}}
`,
  });
  key = gateway.key();
});
after(() => gateway?.stop());

const bodyOf = (options = {}) =>
  JSON.stringify({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'Hello' }],
    max_completion_tokens: 1000,
    ...options,
  });

async function post(path, user, { body = bodyOf(), secret = key, headers = {} } = {}) {
  const answer = await fetch(`${gateway.base}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'x-purser-user': user, ...headers },
    body,
  });
  return { status: answer.status, body: await answer.json(), headers: answer.headers };
}
const ask = async (user, options) => (await post('/v1/verdict', user, options)).body;
const call = (user, options) => post('/v1/chat/completions', user, options);

test('a call that would go through: its worst case, its bounds, every account', async () => {
  const verdict = await ask('ann');
  assert.equal(verdict.decision, 'admit');
  assert.equal(verdict.model, 'gpt-4o');
  assert.equal(verdict.output_max, 1000);
  assert.ok(verdict.worst_usd > 0.01 && verdict.worst_usd < 0.02, `${verdict.worst_usd}`);
  assert.deepEqual(verdict.would, ['deny watched']);
  assert.equal(verdict.tightest, 'daily');
  const usd = verdict.accounts.find((a) => a.limit === 'daily' && a.measure === 'usd');
  assert.deepEqual([usd.subject, usd.posted, usd.held, usd.max, usd.left], ['ann', 0, 0, 1, 1]);
  assert.match(usd.resets_at, /^\d{4}-\d\d-\d\dT00:00:00/);
  const watched = verdict.accounts.find((a) => a.limit === 'watched');
  assert.equal(watched.mode, 'observe');
});

test('the verdict is what the call then gets, and asking changes nothing', async () => {
  for (const [user, decision, status] of [
    ['ann', 'admit', 200],
    ['bob', 'fit', 200],
    ['cid', 'downgrade', 200],
    ['dan', 'land', 200],
    ['eve', 'deny', 402],
    ['fay', 'wait', 429],
  ]) {
    if (['cid', 'dan', 'fay'].includes(user)) await call(user); // past the first percent
    const before = await ask(user);
    for (let again = 0; again < 3; again += 1) {
      const after = await ask(user);
      delete after.message; // counts the seconds until there is room
      delete after.retry_after;
      const { message, retry_after, ...rest } = before;
      assert.deepEqual(after, rest, `${user}: asked again`);
    }
    assert.equal(before.decision, decision, JSON.stringify(before));
    const made = await call(user);
    assert.equal(made.status, status, user);
    if (status === 200) {
      assert.equal(Number(made.headers.get('x-purser-held-usd')), before.worst_usd, user);
      assert.equal(made.headers.get('x-purser-edits') ?? undefined, before.edits, user);
    } else {
      const words = (text) => text.replace(/\d+ s\b/, 'a while').replace(/ \(insuff.*/, '');
      assert.equal(words(made.body.error.message), words(before.message), user);
      assert.equal(made.headers.get('x-purser-limit'), before.limit);
    }
  }
});

/** Turns of an agent, whose every answer calls `tool` again and gets what `resultOf` says. */
async function agent(turns, session, tool, resultOf) {
  const messages = [{ role: 'user', content: `Work on it, ${tool}.` }];
  const headers = session ? { 'x-purser-session': session } : {};
  for (let turn = 0; turn < turns; turn += 1) {
    const body = bodyOf({ messages });
    const before = await ask('gil', { body, headers });
    assert.deepEqual(await ask('gil', { body, headers }), before, 'asked again');
    const made = await call('gil', { body, headers });
    if (made.status !== 200) return { turn, before, made };
    assert.equal(before.decision, 'admit', JSON.stringify(before));
    assert.equal(made.headers.get('x-purser-loop') ?? undefined, before.loop);
    const id = `call_${turn}`;
    const used = { id, type: 'function', function: { name: tool, arguments: '{"q":"x"}' } };
    messages.push(
      { role: 'assistant', content: null, tool_calls: [used] },
      { role: 'tool', tool_call_id: id, content: resultOf(turn) },
    );
  }
  return assert.fail('it should have been refused');
}

test('loops and caps of sessions are foretold, by name or by conversation', async () => {
  for (const session of ['circle', '']) {
    const tool = `search_${session}`;
    const { before, made } = await agent(12, session, tool, () => 'nothing found');
    assert.equal(made.status, 402);
    assert.equal(before.decision, 'deny');
    assert.equal(before.limit, 'session');
    assert.match(before.message, /runs in circles \(same_call search/);
    assert.ok(made.body.error.message.startsWith(before.message.slice(0, 40)));
  }
  const words = ['oak', 'elm', 'ash', 'fir', 'yew'];
  const news = (turn) => `${words[turn % 5]} ${words[(turn / 5) | 0]} and more`;
  const { before, made } = await agent(30, 'long', 'read', news);
  assert.equal(made.status, 402);
  assert.match(before.message, /This session has made 21 tool calls; it may make 20/);
});

test('messages are asked by ?dialect= or by their header', async () => {
  const body = bodyOf({ model: 'claude-haiku-4-5', max_tokens: 10 });
  for (const [path, headers] of [
    ['/v1/verdict?dialect=messages', {}],
    ['/v1/verdict', { 'anthropic-version': '2023-06-01' }],
  ]) {
    const { body: verdict } = await post(path, 'ann', { body, headers });
    assert.equal(verdict.provider, 'anthropic');
    assert.equal(verdict.decision, 'admit');
  }
  assert.equal((await post('/v1/verdict?dialect=french', 'ann')).status, 400);
});

test('a kill switch is told; strangers and unreadable bodies are refused', async () => {
  gateway.purser('kill', '--user', 'ann', '--why', 'enough', '--config', gateway.config);
  await new Promise((resolve) => setTimeout(resolve, 150));
  const verdict = await ask('ann');
  assert.equal(verdict.decision, 'deny');
  assert.match(verdict.kill_switch, /enough/);
  gateway.purser('resume', '--all', '--config', gateway.config);
  assert.equal((await post('/v1/verdict', 'ann', { secret: 'prs_nobody' })).status, 401);
  assert.equal((await post('/v1/verdict', 'ann', { body: 'no' })).status, 400);
  const unpriced = await ask('ann', { body: bodyOf({ model: 'no-such-model' }) });
  assert.equal(unpriced.decision, 'deny');
  assert.match(unpriced.message, /no price/);
});

test('`limits show` tells the same beside the running gateway', async () => {
  await new Promise((resolve) => setTimeout(resolve, 300));
  const where = ['--config', gateway.config, '--format', 'json'];
  const rows = JSON.parse(gateway.purser('limits', 'show', '--user', 'ann', ...where));
  const verdict = await ask('ann');
  for (const account of verdict.accounts) {
    const row = rows.find((r) => r.limit === account.limit && r.measure === account.measure);
    assert.equal(Number(row.used), account.posted, account.limit);
    assert.equal(Number(row.max), account.max);
    assert.equal(row.resets_at, account.resets_at);
  }
  assert.ok(verdict.accounts.some((account) => account.posted > 0));
  gateway.purser('verify-books', '--config', gateway.config);
});

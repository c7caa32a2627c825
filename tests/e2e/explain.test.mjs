// explain.test.mjs — any call by its id, in plain words: what it cost and where, what was changed
// and why, or why it was refused.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { startGateway } from './gateway.mjs';

let gateway;
let key;

before(async () => {
  gateway = await startGateway({
    yaml: `
loops: {action: deny}
calls:
  - {match: {feature: picky}, models: [gpt-4o-mini]}
  - {match: {feature: small}, input_max: 5}
limits:
  - {name: daily, match: {user: [ann, cid]}, per: user, window: day, max: {usd: "1.00", calls: 9}}
  - {name: none, match: {user: eve}, per: user, window: day, max: {usd: "0"}}
  - name: cheap
    match: {user: cid}
    per: user
    window: day
    max: {calls: 100}
    at: [{share: 1%, do: downgrade, to: [gpt-4o-mini]}]
`,
  });
  key = gateway.key();
});
after(() => gateway?.stop());

async function call(user, headers = {}, options = {}) {
  const answer = await fetch(`${gateway.base}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'x-purser-user': user, ...headers },
    body: JSON.stringify({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'Hello' }],
      max_completion_tokens: 50,
      ...options,
    }),
  });
  await answer.text();
  return { status: answer.status, id: answer.headers.get('x-purser-call-id') };
}
const explain = (id) =>
  JSON.parse(
    gateway.purser('explain', '--call', id, '--config', gateway.config, '--format', 'json'),
  );
const words = (rows, what) => rows.filter((row) => row.what === what).map((row) => row.words);
const folded = () => new Promise((resolve) => setTimeout(resolve, 2000)); // within a second or two
const page = async (id, secret = key) => {
  const answer = await fetch(`${gateway.base}/v1/calls/${id}`, {
    headers: { authorization: `Bearer ${secret}` },
  });
  return { status: answer.status, body: await answer.json() };
};

test('a call: who, what it cost, and which limits it was posted to', async () => {
  const { id } = await call('ann');
  await folded();
  const rows = explain(id);
  assert.match(words(rows, 'who')[0], /^user ann, .*key key_/);
  const posted = words(rows, 'posted to');
  assert.equal(posted.length, 2);
  assert.match(posted[0], /^daily \(user ann, day\): \$0\.\d+$/);
  assert.equal(posted[1], 'daily (user ann, day): 1 call');
  assert.deepEqual(words(rows, 'Purser'), ['changed nothing']);
  assert.match(gateway.purser('explain', '--call', id, '--config', gateway.config), /^call /m);
});

test('a call that was changed: how, and because of which limit', async () => {
  await call('cid');
  const { id } = await call('cid');
  await folded();
  const changes = words(explain(id), 'Purser');
  assert.ok(changes.includes('sent it to gpt-4o-mini instead of gpt-4o'), `${changes}`);
  assert.ok(changes.includes('because of the limit cheap'));
});

test('a refused call: why, on the command line and over HTTP, to its own key', async () => {
  const { id, status } = await call('eve');
  assert.equal(status, 402);
  const { body } = await page(id);
  assert.equal(body.outcome, 'refused');
  assert.equal(body.limit, 'none');
  assert.equal(body.user_id, 'eve');
  assert.match(body.why, /daily limit of \$0\.00/);
  assert.equal((await page(id, gateway.key())).status, 404);
  const rows = explain(id);
  assert.equal(words(rows, 'refused')[0], body.why);
  assert.deepEqual(words(rows, 'by limit'), ['none']);
});

test('whatever refuses a call is kept: prices, rules, sessions and their loops', async () => {
  const circle = [{ role: 'user', content: 'Look it up.' }];
  for (let turn = 0; turn < 8; turn += 1) {
    const id = `call_${turn}`;
    const used = { id, type: 'function', function: { name: 'search', arguments: '{}' } };
    circle.push(
      { role: 'assistant', content: null, tool_calls: [used] },
      { role: 'tool', tool_call_id: id, content: 'nothing found' },
    );
  }
  const session = { 'x-purser-session': 's1' };
  assert.equal((await call('dan', { 'x-purser-session': 'over' })).status, 200);
  const ended = await fetch(`${gateway.base}/v1/sessions/over/end`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'x-purser-user': 'dan' },
  });
  assert.equal(ended.status, 200);
  for (const [headers, options, status, why, limit] of [
    [session, { model: 'no-such-model' }, 400, /no price for model 'no-such-model'/],
    [{ 'x-purser-feature': 'picky' }, {}, 403, /not allowed for this caller; allowed: gpt-4o-mini/],
    [{ 'x-purser-feature': 'small' }, {}, 413, /the prompt may have \d+ tokens; 5 are allowed/],
    [{ 'x-purser-session': 'over' }, {}, 402, /This session was ended/, 'session'],
    [{ 'x-purser-session': 's2' }, { messages: circle }, 402, /runs in circles/, 'session'],
  ]) {
    const refused = await call('dan', headers, options);
    assert.equal(refused.status, status, `${why}`);
    assert.match(refused.id, /^call_[0-9a-f]{16}$/, `${why}`);
    const { body } = await page(refused.id);
    assert.equal(body.outcome, 'refused');
    assert.match(body.why, why);
    const rows = explain(refused.id);
    assert.equal(words(rows, 'refused')[0], body.why);
    assert.deepEqual(words(rows, 'by limit'), limit ? [limit] : []);
    assert.match(words(rows, 'who')[0], /^user dan/);
  }
});

test('strangers, and what nobody can read, have no id', async () => {
  for (const [secret, body] of [
    ['prs_nobody', '{}'],
    [key, 'no'],
  ]) {
    const answer = await fetch(`${gateway.base}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
      body,
    });
    assert.ok(answer.status === 401 || answer.status === 400);
    assert.equal(answer.headers.get('x-purser-call-id'), null);
  }
});

test('refusals outlive the gateway, and their ids are not given again', async () => {
  const { id } = await call('eve');
  await folded();
  await gateway.killAndRestart();
  assert.equal((await page(id)).body.outcome, 'refused');
  const next = await call('ann');
  assert.ok(next.id > id, `${next.id} after ${id}`);
  gateway.purser('verify-books', '--config', gateway.config);
});

test('a purchase, and what nobody knows', async () => {
  const answer = await fetch(`${gateway.base}/v1/holds`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'x-purser-user': 'ann' },
    body: JSON.stringify({ vendor: 'serper', item: 'search', usd: '0.10', ttl: '1s' }),
  });
  const { id } = await answer.json();
  await folded();
  await folded();
  const rows = explain(id);
  assert.equal(words(rows, 'asked for')[0], 'search of serper, reported by the caller');
  assert.match(words(rows, 'ended')[0], /presumed.*nobody said in time/);
  assert.equal(words(rows, 'cost')[0], '$0.10');
  const where = ['--config', gateway.config];
  for (const [wrong, code] of [
    ['call_00000000000fffff', 1],
    ['nonsense', 2],
  ]) {
    try {
      execFileSync(process.env.PURSER, ['explain', '--call', wrong, ...where], { stdio: 'pipe' });
      assert.fail('it should have failed');
    } catch (error) {
      assert.equal(error.status, code, wrong);
    }
  }
});

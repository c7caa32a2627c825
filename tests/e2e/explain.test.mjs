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

async function call(user) {
  const answer = await fetch(`${gateway.base}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'x-purser-user': user },
    body: JSON.stringify({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: 'Hello' }],
      max_completion_tokens: 50,
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

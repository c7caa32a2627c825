// costs.test.mjs — spend that was made before Purser heard of it: posted once, where it belongs in
// time, counted in every open window, in reports by bucket, in the proof of the books.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startGateway } from './gateway.mjs';

let gateway;
let key;
let fixed;
let operator;

const today = new Date().toISOString().slice(0, 10);
const [year, month] = today.split('-').map(Number);
const daysOfMonth = new Date(Date.UTC(year, month, 0)).getUTCDate();

before(async () => {
  gateway = await startGateway({
    yaml: `
infrastructure:
  - {name: gpu, usd: "${daysOfMonth * 30}", from: ${today}, over: {feature: [chat]}}
limits:
  - {name: month, match: {user: ann}, per: user, window: month, max: {usd: "10"}}
  - {name: hour, match: {user: ann}, per: user, window: hour, max: {usd: "1"}}
  - {name: kept, match: {user: kim}, per: user, window: lifetime, max: {usd: "1000"}}
`,
  });
  key = gateway.key();
  fixed = gateway.key('--user', 'bob', '--labels', 'session');
  operator = gateway.key('--operator');
});
after(() => gateway?.stop());

async function post(body, { secret = key, query = '' } = {}) {
  const answer = await fetch(`${gateway.base}/v1/costs${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}` },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json(), headers: answer.headers };
}
let made = 0;
const cost = (more = {}) => ({
  vendor: 'serper',
  item: 'search',
  amount_usd: '0.5',
  user: 'ann',
  idempotency_key: `k${(made += 1)}`,
  ...more,
});
async function standing(user) {
  const answer = await fetch(`${gateway.base}/v1/verdict`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'x-purser-user': user },
    body: JSON.stringify({ model: 'gpt-4o-mini', messages: [], max_completion_tokens: 1 }),
  });
  const { accounts } = await answer.json();
  return Object.fromEntries(accounts.map((a) => [a.limit, a]));
}
const report = (by, ...more) =>
  JSON.parse(
    gateway.purser('report', '--config', gateway.config, '--by', by, '--format', 'json', ...more),
  ).map((each) => ({
    ...each,
    calls: Number(each.calls),
    cost_usd: Number(each.cost_usd),
    infrastructure_usd: Number(each.infrastructure_usd),
  }));
const row = (rows, by, name) => rows.find((each) => each[by] === name);
const proved = () => gateway.purser('verify-books', '--config', gateway.config);

/** A moment of this month that is over, in another hour where the month is old enough. */
function earlier() {
  const now = Date.now();
  const month = new Date(now);
  month.setUTCDate(1);
  month.setUTCHours(0, 0, 0, 0);
  return new Date(Math.max(month.getTime(), now - 26 * 3_600_000));
}

test('posted once; repeated it is there already; as another one it is refused', async () => {
  const one = cost({ units: 250, team: undefined, feature: 'find', tags: { project: 'x' } });
  const first = await post(one);
  assert.equal(first.status, 201, JSON.stringify(first.body));
  assert.equal(first.body.posted, 1);
  assert.equal(first.body.total_usd, 0.5);
  const { id } = first.body.costs[0];
  const again = await post(one);
  assert.equal(again.status, 200);
  assert.deepEqual(again.body.costs, [
    { row: 1, id, state: 'already_posted', amount_usd: 0.5 },
  ]);
  const other = await post([cost(), { ...one, amount_usd: '0.51' }]);
  assert.equal(other.status, 409);
  assert.match(other.body.error.message, /row 2: this idempotency_key stands for another cost/);
  assert.equal((await standing('ann')).month.posted, 0.5, 'the other row was not posted either');

  const page = await fetch(`${gateway.base}/v1/calls/${id}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  const call = await page.json();
  assert.equal(call.dialect, 'vendor');
  assert.equal(call.outcome, 'settled');
  assert.equal(call.stop_reason, 'posted');
  assert.equal(call.feature, 'find');
  assert.deepEqual(call.tags, { project: 'x' });
  assert.deepEqual(call.usage_more, { units: 250 });
});

test('a number is read digit by digit, and a batch may be lines', async () => {
  const lines = [
    '{"provider":"exa","model":"crawl","amount_usd":0.1,"user":"kim","idempotency_key":"n1"}',
    '',
    '{"vendor":"exa","tool":"crawl","amount_usd":1e-9,"user":"kim","idempotency_key":"n2"}',
  ];
  const { status, body } = await post(lines.join('\n'));
  assert.equal(status, 201, JSON.stringify(body));
  assert.deepEqual(
    body.costs.map((each) => each.row),
    [1, 3],
  );
  const rows = gateway.purser('report', '--config', gateway.config, '--by', 'user');
  assert.match(rows, /kim .*0\.100000001/);
});

test('back-dated: in the month it belongs to, not in the hour that is over', async () => {
  const before = await standing('ann');
  const at = earlier();
  const { status, body } = await post(cost({ amount_usd: '3', at: at.toISOString() }));
  assert.equal(status, 201, JSON.stringify(body));
  const after = await standing('ann');
  assert.equal(after.month.posted, before.month.posted + 3);
  if (Math.floor(at / 3_600_000) !== Math.floor(Date.now() / 3_600_000)) {
    assert.equal(after.hour.posted, before.hour.posted);
    assert.deepEqual(body.costs[0].closed, ['hour']);
  }
  const days = report('day', '--since', at.toISOString().slice(0, 10));
  assert.ok(row(days, 'day', at.toISOString().slice(0, 10)).cost_usd >= 3);
  assert.match(proved(), /the books add up/);
});

test('reports of recent days do not lose calls behind a back-dated row', async () => {
  const { status } = await post(cost({ user: 'old', at: '2020-01-01T00:00:00Z' }));
  assert.equal(status, 201);
  for (let i = 0; i < 5; i += 1) await post(cost({ user: 'old', at: `2020-01-0${i + 1}` }));
  const users = report('user', '--since', '1d');
  assert.equal(row(users, 'user', 'old'), undefined);
  assert.ok(row(users, 'user', 'kim').cost_usd > 0);
});

test('past its maximum an account says so, and calls are refused', async () => {
  const { body } = await post(cost({ amount_usd: '20' }));
  assert.deepEqual(body.costs[0].over, ['month', 'hour']);
  const call = await fetch(`${gateway.base}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'x-purser-user': 'ann' },
    body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }] }),
  });
  assert.equal(call.status, 402);
});

test('every row that is wrong is named, and nothing is posted', async () => {
  const before = report('bucket');
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  const { status, body } = await post([
    cost(),
    cost({ amount_usd: '-1' }),
    cost({ amount_usd: '0.0000000001' }),
    cost({ at: 'yesterday' }),
    cost({ colour: 'red' }),
    { vendor: 'serper', amount_usd: '1' },
  ]);
  assert.equal(status, 400);
  for (const says of [/row 2: amount/, /row 3: amount/, /row 4: at/, /row 5: colour/, /row 6/])
    assert.match(body.error.message, says);
  for (const [wrong, says] of [
    [[cost({ at: tomorrow })], /row 1: at: .*future/],
    [[cost({ idempotency_key: undefined })], /row 1: idempotency_key/],
    [[cost({ tier: 'gold' })], /row 1: tier: this key may not say it/],
    [['a', 'a'].map((twin) => cost({ idempotency_key: twin })), /row 2: .*another row/],
    [[], /no cost/],
    ['[{]', /not JSON/],
  ]) {
    const refused = await post(wrong);
    assert.equal(refused.status, 400, JSON.stringify(refused.body));
    assert.match(refused.body.error.message, says);
  }
  const theirs = await post(cost({ user: 'ann' }), { secret: fixed });
  assert.match(theirs.body.error.message, /user: this key is for 'bob'/);
  assert.equal((await post(cost(), { secret: 'sk-nobody' })).status, 401);
  assert.equal((await post(Array.from({ length: 1001 }, () => cost()))).status, 413);
  assert.deepEqual(report('bucket'), before);
});

test('an operator posts in everybody’s name, and may try first', async () => {
  const theirs = cost({ user: 'dan', tier: 'gold', team: 'blue', amount_usd: '7' });
  const tried = await post(theirs, { secret: operator, query: '?dry_run=true' });
  assert.equal(tried.status, 200);
  assert.equal(tried.body.would_be_posted, 1);
  const misspelt = await post(theirs, { secret: operator, query: '?x=1&dry_run=yes' });
  assert.equal(misspelt.status, 400);
  assert.equal(row(report('user'), 'user', 'dan'), undefined);
  assert.equal((await post(theirs, { secret: operator })).status, 201);
  assert.equal(row(report('team'), 'team', 'blue').cost_usd, 7);
});

test('by bucket: models apart from tools and vendors', async () => {
  const call = await fetch(`${gateway.base}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'x-purser-user': 'dan' },
    body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }] }),
  });
  await call.text();
  assert.equal(call.status, 200);
  await gateway.killAndRestart(); // a call is in the ledger a second later, or at the next start
  const buckets = report('bucket');
  assert.equal(row(buckets, 'bucket', 'model').calls, 1);
  assert.ok(row(buckets, 'bucket', 'tool and vendor').cost_usd >= 30);
});

test('a server paid by the month is carried by those who call, and parts add up', async () => {
  const parts = () => report('user', '--bucket', 'infrastructure');
  assert.deepEqual(
    parts().map((each) => [each.user, each.cost_usd]),
    [['', 30]],
    'so far nobody called for what it serves',
  );
  await post(['ann', 'bob', 'bob'].map((user) => cost({ user, feature: 'chat' })));
  const rows = gateway.purser(
    ...['report', '--config', gateway.config, '--by', 'user', '--bucket', 'infrastructure'],
    ...['--format', 'csv'],
  );
  assert.match(rows, /bob,0,0,0,0,20\.000000000,0\.000000000,20\.000000000/);
  assert.match(rows, /ann,0,0,0,0,10\.000000000/);
  const all = report('user');
  assert.equal(row(all, 'user', 'bob').infrastructure_usd, 20);
  assert.equal(row(all, 'user', 'bob').cost_usd, 21);
  assert.equal(row(report('bucket'), 'bucket', 'infrastructure').cost_usd, 30);
  assert.equal(row(report('model'), 'model', 'gpu').cost_usd, 30);
  assert.equal(row(report('day', '--bucket', 'infrastructure'), 'day', today).cost_usd, 30);
  assert.equal(report('bucket', '--bucket', 'tool-and-vendor').length, 1);
});

test('after kill -9 all that was answered is there, and its keys too', async () => {
  const batch = Array.from({ length: 100 }, () => cost({ user: 'kim', amount_usd: '0.01' }));
  const before = (await standing('kim')).kept.posted;
  assert.equal((await post(batch)).body.posted, 100);
  await gateway.killAndRestart();
  assert.ok(Math.abs((await standing('kim')).kept.posted - before - 1) < 1e-9);
  const again = await post(batch);
  assert.equal(again.body.already_posted, 100);
  assert.match(proved(), /the books add up/);
});

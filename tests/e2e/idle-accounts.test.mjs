// idle-accounts.test.mjs — accounts leave memory when nobody uses them, and come back as they were:
// to every decision, at any moment, after a kill and a restart too.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startGateway } from './gateway.mjs';

const kUsers = 30;
const users = Array.from({ length: kUsers }, (_, i) => `user-${i}`);
let gateway;
let key;

before(async () => {
  gateway = await startGateway({
    yaml: `
accounts_in_memory_max: 4
limits:
  - {name: life, per: user, window: lifetime, max: {usd: "1.00"}}
  - {name: rolling, per: user, window: rolling, span: 30d, max: {usd: "2.00"}}
  - {name: late, match: {user: judged}, per: user, window: month, max: {usd: "1.00"},
     at: [{share: 50%, do: essential_only}]}
admission_wait: 100ms
`,
  });
  key = gateway.key();
});
after(() => gateway?.stop());

async function ask(path, user, body) {
  const answer = await fetch(`${gateway.base}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'x-purser-user': user },
    body: body && JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}
const hold = (user, usd) => ask('/v1/holds', user, { vendor: 'serper', item: 'search', usd });
async function spend(user, usd) {
  const held = await hold(user, usd);
  assert.equal(held.status, 201, JSON.stringify(held.body));
  assert.equal((await ask(`/v1/holds/${held.body.id}/settle`, user, { usd })).status, 200);
}
/** What is posted to the user's account of a limit, by the verdict on a call that is not made. */
async function posted(user, limit = 'life') {
  const { body } = await ask('/v1/verdict', user, {
    model: 'gpt-4o-mini',
    messages: [],
    max_completion_tokens: 1,
  });
  return body.accounts.find((account) => account.limit === limit).posted;
}
async function metrics() {
  const text = await (await fetch(`${gateway.base}/metrics`)).text();
  const value = (name) => Number(text.match(new RegExp(`^${name} (.*)$`, 'm'))?.[1]);
  return {
    inMemory: value('purser_accounts'),
    away: value('purser_accounts_away'),
    bytes: value('purser_accounts_bytes'),
    retired: value('purser_account_moves_total{move="retired"}'),
    recalled: value('purser_account_moves_total{move="recalled"}'),
  };
}
/** Until no more are in memory than may be: accounts leave when they were idle for five seconds. */
async function untilRetired() {
  for (const end = Date.now() + 30_000; ;) {
    const now = await metrics();
    if (now.inMemory <= 4) return now;
    assert.ok(Date.now() < end, JSON.stringify(now));
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
const dollars = (i) => (0.4 + i / 100).toFixed(2);

test('those that nobody uses leave, and each comes back with what it had', async () => {
  for (const [i, user] of users.entries()) await spend(user, dollars(i));
  const gone = await untilRetired();
  assert.ok(gone.retired >= 2 * kUsers - 4, JSON.stringify(gone));
  assert.ok(gone.away >= 2 * kUsers - 4, JSON.stringify(gone));
  assert.ok(gone.bytes > 0);
  for (const [i, user] of users.entries()) {
    assert.equal(await posted(user), Number(dollars(i)), user);
    assert.equal(await posted(user, 'rolling'), Number(dollars(i)), user);
  }
  assert.ok((await metrics()).recalled >= 2 * kUsers - 4);
});

test('a hold of one that is away is judged by what it had spent', async () => {
  await untilRetired();
  const [first, second] = users;
  assert.equal((await hold(first, '0.61')).status, 402, '0.40 is spent');
  await untilRetired();
  await spend(first, '0.60');
  assert.equal((await hold(first, '0.01')).status, 402, 'all is spent');
  assert.equal((await hold(second, '0.60')).status, 402, '0.41 is spent');
  await untilRetired();
  assert.equal((await hold(first, '0.01')).status, 402, 'all is still spent');
});

test('together never more than is left, however many ask for one that is away', async () => {
  const user = users[10]; // 0.50 is spent
  await untilRetired();
  const answers = await Promise.all(Array.from({ length: 40 }, () => hold(user, '0.05')));
  const made = answers.filter(({ status }) => status === 201);
  assert.equal(made.length, 10);
  for (const { body } of made) await ask(`/v1/holds/${body.id}/release`, user);
});

test('thresholds on the way see it too', async () => {
  await spend('judged', '0.60');
  await untilRetired();
  assert.equal((await hold('judged', '0.01')).status, 402, 'only essential calls from half on');
});

test('killed and started again, nobody has more than before', async () => {
  await untilRetired();
  const before = await Promise.all(users.map((user) => posted(user)));
  await untilRetired();
  for (let round = 0; round < 2; round += 1) {
    await gateway.killAndRestart();
    assert.ok((await metrics()).inMemory <= 4, 'what is read at start is bounded as well');
    for (const [i, user] of users.entries()) assert.equal(await posted(user), before[i], user);
    assert.equal((await hold(users[0], '0.01')).status, 402);
  }
  gateway.purser('verify-books', '--config', gateway.config);
});

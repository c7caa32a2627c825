// holds.test.mjs — spend that does not pass through Purser: held as a call is, settled at the
// caller's word, presumed when nobody says; in the same limits, ledger and proof.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startGateway } from './gateway.mjs';

let gateway;
let key;
let stranger;

before(async () => {
  gateway = await startGateway({
    yaml: `
limits:
  - {name: daily, match: {user: ann}, per: user, window: day, max: {usd: "1.00", calls: 1000}}
  - {name: search, match: {provider: serper}, per: all, window: day, max: {usd: "5"}}
  - {name: none, match: {user: eve}, per: user, window: day, max: {usd: "0"}}
  - {name: vendors, match: {dialect: vendor, user: fay}, per: user, window: day, max: {calls: 1}}
admission_wait: 100ms
`,
  });
  key = gateway.key();
  stranger = gateway.key();
});
after(() => gateway?.stop());

async function ask(method, path, body, { user = 'ann', secret = key } = {}) {
  const answer = await fetch(`${gateway.base}/v1/holds${path}`, {
    method,
    headers: { authorization: `Bearer ${secret}`, 'x-purser-user': user },
    body: body && JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json(), headers: answer.headers };
}
const purchase = (usd, more = {}) => ({ vendor: 'serper', item: 'search', usd, ...more });
const hold = (usd, more, who) => ask('POST', '', purchase(usd, more), who);
const settle = (id, usd, who) => ask('POST', `/${id}/settle`, { usd }, who);

async function standing(user = 'ann') {
  const answer = await fetch(`${gateway.base}/v1/verdict`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'x-purser-user': user },
    body: JSON.stringify({ model: 'gpt-4o-mini', messages: [], max_completion_tokens: 1 }),
  });
  const { accounts } = await answer.json();
  return Object.fromEntries(accounts.map((a) => [`${a.limit} ${a.measure}`, a]));
}
const verifyBooks = () => gateway.purser('verify-books', '--config', gateway.config);

test('held in every account, settled at the truth, once', async () => {
  const made = await hold('0.50');
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.equal(made.body.state, 'held');
  const { id } = made.body;
  let accounts = await standing();
  assert.equal(accounts['daily usd'].held, 0.5);
  assert.equal(accounts['daily calls'].held, 1);
  assert.deepEqual((await ask('GET', `/${id}`)).body, made.body);

  const done = await settle(id, '0.42');
  assert.equal(done.status, 200);
  assert.equal(done.body.state, 'settled');
  assert.equal(done.body.cost_usd, 0.42);
  accounts = await standing();
  assert.equal(accounts['daily usd'].held, 0);
  assert.equal(accounts['daily usd'].posted, 0.42);
  assert.equal(accounts['daily calls'].posted, 1);

  const again = await settle(id, '0.42');
  assert.equal(again.status, 200);
  assert.deepEqual(again.body, done.body, 'the same end, the same answer');
  for (const other of [settle(id, '0.43'), ask('POST', `/${id}/release`)]) {
    const { status, body, headers } = await other;
    assert.equal(status, 409);
    assert.match(body.error.message, /settled at \$0\.42/);
    assert.equal(headers.get('x-should-retry'), 'false');
  }
  assert.deepEqual((await ask('GET', `/${id}`)).body, done.body);
});

test('released, it never was', async () => {
  const { body } = await hold('0.30');
  const released = await ask('POST', `/${body.id}/release`);
  assert.equal(released.body.state, 'released');
  assert.deepEqual((await ask('POST', `/${body.id}/release`)).body, released.body);
  assert.equal((await settle(body.id, '0.10')).status, 409);
  const accounts = await standing();
  assert.equal(accounts['daily usd'].held, 0);
  assert.equal(accounts['daily usd'].posted, 0.42);
});

test('a limit refuses it in the words it has for calls, and nothing is held', async () => {
  const refused = await hold('0.10', {}, { user: 'eve' });
  assert.equal(refused.status, 402);
  assert.equal(refused.headers.get('x-purser-limit'), 'none');
  assert.match(refused.body.error.message, /daily limit of \$0\.00/);
  assert.equal((await hold('0.59')).status, 402, 'more than is left');
  assert.equal((await hold('0.10', {}, { user: 'fay' })).status, 201);
  assert.notEqual((await hold('0.10', {}, { user: 'fay' })).status, 201, 'matched by its dialect');
});

test('held together never more than the limit, however many ask at once', async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, () => hold('0.05')));
  const made = answers.filter((answer) => answer.status === 201);
  assert.equal(made.length, 11, '0.58 was left');
  for (const { status } of answers) assert.ok([201, 402, 429].includes(status), `${status}`);
  for (const { body } of made) await ask('POST', `/${body.id}/release`);
});

test('only the key that holds may end it, and nobody else sees it', async () => {
  const { body } = await hold('0.10');
  for (const answer of [
    settle(body.id, '0.10', { secret: stranger }),
    ask('POST', `/${body.id}/release`, undefined, { secret: stranger }),
    ask('GET', `/${body.id}`, undefined, { secret: stranger }),
  ]) {
    assert.equal((await answer).status, 404);
  }
  assert.equal((await hold('0.10', {}, { secret: 'prs_nobody' })).status, 401);
  assert.equal((await settle(body.id, '0')).status, 200);
});

test('an idempotency key makes one hold, whatever has become of it', async () => {
  const named = { idempotency_key: 'order-7' };
  const first = await hold('0.10', named);
  const second = await hold('0.10', named);
  assert.equal(second.status, 200);
  assert.deepEqual(second.body, first.body);
  assert.equal((await hold('0.11', named)).status, 409);
  assert.equal((await hold('0.10', named, { secret: stranger, user: 'gil' })).status, 201);
  await settle(first.body.id, '0.01');
  const third = await hold('0.10', named);
  assert.equal(third.status, 200);
  assert.equal(third.body.state, 'settled');
});

test('an idempotency key stands for its hold after a restart, and after a kill', async () => {
  const named = (key) => ({ idempotency_key: key });
  const open = await hold('0.03', named('kept-open'));
  const settled = await hold('0.03', named('kept-settled'));
  await settle(settled.body.id, '0.01');
  await ask('GET', `/${settled.body.id}`); // from the ledger: then it is on the disk
  assert.equal(open.status, 201);
  for (let round = 0; round < 2; round += 1) {
    await gateway.killAndRestart();
    const before = (await standing())['daily usd'];
    const again = await hold('0.03', named('kept-open'));
    assert.equal(again.status, 200, 'what nobody ended is presumed, and not held a second time');
    assert.equal(again.body.id, open.body.id);
    assert.equal(again.body.state, 'presumed');
    const ended = await hold('0.03', named('kept-settled'));
    assert.equal(ended.status, 200);
    assert.equal(ended.body.cost_usd, 0.01);
    assert.deepEqual(ended.body, (await ask('GET', `/${settled.body.id}`)).body);
    assert.equal((await hold('0.04', named('kept-open'))).status, 409, 'for something else');
    assert.deepEqual((await standing())['daily usd'], before);
    const others = await hold('0.03', named('kept-open'), { secret: stranger, user: 'gil' });
    assert.equal(others.status, round === 0 ? 201 : 200, 'names never cross keys');
    assert.notEqual(others.body.id, open.body.id);
  }
  assert.equal((await hold('0.03', named(`new-${Date.now()}`))).status, 201);
});

test('nonsense is said to be', async () => {
  for (const body of [
    {},
    purchase('-1'),
    purchase('1e3'),
    purchase('10001'),
    purchase(0.5),
    purchase('1', { ttl: '25h' }),
    purchase('1', { nonsense: 'x' }),
    { vendor: 'serper', usd: '1' },
    purchase('1', { item: 'x'.repeat(129) }),
  ]) {
    const { status, body: answer } = await ask('POST', '', body);
    assert.equal(status, 400, JSON.stringify(body));
    assert.ok(answer.error.message.length > 10);
  }
  assert.equal((await settle('call_00000000000fffff', '1')).status, 404);
  assert.equal((await ask('GET', '/nonsense')).status, 404);
});

test('one that nobody ends is presumed at its ttl', async () => {
  const { body } = await hold('0.05', { ttl: '1s' });
  await new Promise((resolve) => setTimeout(resolve, 1700));
  const over = await ask('GET', `/${body.id}`);
  assert.equal(over.body.state, 'presumed');
  assert.equal(over.body.cost_usd, 0.05);
  const late = await settle(body.id, '0.01');
  assert.equal(late.status, 409);
  assert.match(late.body.error.message, /presumed at \$0\.05, because nobody said in time/);
});

test('a kill switch holds for purchases too', async () => {
  gateway.purser('kill', '--user', 'hal', '--why', 'enough', '--config', gateway.config);
  await new Promise((resolve) => setTimeout(resolve, 150));
  const refused = await hold('0.01', {}, { user: 'hal' });
  assert.equal(refused.status, 403);
  gateway.purser('resume', '--all', '--config', gateway.config);
});

test('after kill -9 an open hold is presumed, and the books add up', async () => {
  const { body } = await hold('0.07', {}, { user: 'ivy' });
  const settled = (await hold('0.08', {}, { user: 'ivy' })).body;
  await settle(settled.id, '0.02');
  await new Promise((resolve) => setTimeout(resolve, 100)); // a settlement is durable soon
  await gateway.killAndRestart();
  const over = await ask('GET', `/${body.id}`, undefined, { user: 'ivy' });
  assert.equal(over.body.state, 'presumed');
  assert.equal(over.body.cost_usd, 0.07);
  assert.equal((await settle(body.id, '0.07', { user: 'ivy' })).status, 409);
  assert.equal((await settle(settled.id, '0.02', { user: 'ivy' })).status, 200);
  verifyBooks();
  const spent = gateway.spent('user').get('ivy');
  assert.deepEqual(spent, { cost: 90_000_000n, uncertain: 70_000_000n, calls: 2 });
  assert.ok(gateway.spent('provider').has('serper'));
  const call = await fetch(`${gateway.base}/v1/calls/${body.id}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  assert.equal((await call.json()).dialect, 'vendor');
});

test('wrong prices made good later leave purchases as they were', async () => {
  const said = gateway.purser('re-rate', '--since', '1h', '--config', gateway.config);
  assert.match(said, /^0 of 0 settled calls would be corrected/m);
});

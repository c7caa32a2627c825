// reconcile.test.mjs — the provider's own bill beside the ledger: calls cut by kill -9 are
// presumed, somebody spends past the gateway, and after `purser reconcile --yes` the two agree.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { startGateway } from './gateway.mjs';

let gateway;
let key;

before(async () => {
  gateway = await startGateway({
    yaml: `
limits:
  - {name: month, per: user, window: month, max: {usd: "100"}}
`,
    simulate: ['--first-byte', '600ms'],
  });
  key = gateway.key();
});
after(() => gateway?.stop());

const ask = (base, path, model, user, more = {}) =>
  fetch(`${base}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'x-purser-user': user,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
    },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }], ...more }),
  }).then((answer) => answer.text());
const chat = (user, base = gateway.base) =>
  ask(base, '/v1/chat/completions', 'gpt-4o-mini', user, { max_completion_tokens: 50 });
const message = (user) =>
  ask(gateway.base, '/v1/messages', 'claude-haiku-4-5', user, { max_tokens: 50 });

/** The provider's bill, as OpenAI's costs API and Anthropic's cost report write it. */
async function writeBills() {
  const { rows } = await gateway.bill();
  const exact = (nanos) =>
    `${nanos / 1_000_000_000n}.${String(nanos % 1_000_000_000n).padStart(9, '0')}`;
  const sums = new Map();
  for (const { at, model, nanodollars } of rows) {
    const place = `${at.slice(0, 10)} ${model}`;
    sums.set(place, (sums.get(place) ?? 0n) + BigInt(nanodollars));
  }
  const page = (data) => JSON.stringify({ data, has_more: false, next_page: null });
  const openai = [];
  const anthropic = [];
  for (const [place, nanos] of sums) {
    const [day, model] = place.split(' ');
    if (model.startsWith('claude')) {
      anthropic.push({
        starting_at: `${day}T00:00:00Z`,
        results: [{ currency: 'USD', amount: exact(nanos * 100n), model }],
      });
    } else {
      openai.push({
        object: 'bucket',
        start_time: Date.parse(day) / 1000,
        results: [
          { amount: { value: exact(nanos), currency: 'usd' }, line_item: `${model}, output` },
        ],
      });
    }
  }
  const file = (name) => join(gateway.folder, name);
  const files = { openai: file('openai.json'), anthropic: file('anthropic.json') };
  writeFileSync(files.openai, page(openai));
  writeFileSync(files.anthropic, page(anthropic));
  return files;
}

function reconcile(file, ...more) {
  const run = spawnSync(
    process.env.PURSER,
    ['reconcile', '--config', gateway.config, '--bill', file, ...more],
    { encoding: 'utf8' },
  );
  return { code: run.status, out: run.stdout, err: run.stderr };
}
const total = () =>
  [...gateway.spent('provider').values()].reduce((sum, each) => sum + each.cost, 0n);

test('what was presumed is settled by the bill, and the ledger is the bill', async () => {
  await Promise.all(['ann', 'bob', 'eve'].flatMap((user) => [chat(user), message(user)]));
  // These are under way when the gateway dies: the provider answers, and bills, nobody's answer.
  const cut = Promise.allSettled(['ann', 'bob'].flatMap((user) => [chat(user), message(user)]));
  await new Promise((resolve) => setTimeout(resolve, 300));
  await gateway.killAndRestart();
  await cut;
  await chat('direct', gateway.provider); // past the gateway
  await gateway.quiet();
  const uncertain = [...gateway.spent('outcome')].find(([name]) => name === 'presumed')[1];
  assert.ok(uncertain.calls >= 1, 'calls were cut');
  const bills = await writeBills();
  const { total_nanodollars } = await gateway.bill();

  // A look changes nothing, and works beside the gateway.
  const before = total();
  const look = reconcile(bills.anthropic);
  assert.equal(look.code, 1, look.err);
  assert.match(look.out, /presumed calls cost less/);
  assert.match(look.out, /would be posted; --yes does it/);
  assert.equal(total(), before);
  assert.match(reconcile(bills.openai, '--yes').err, /stop the gateway/);

  await gateway.pause();
  for (const bill of [bills.openai, bills.anthropic]) {
    const done = reconcile(bill, '--yes');
    assert.equal(done.code, 0, done.err);
    assert.match(done.out, /posted/);
  }
  assert.equal(total(), BigInt(total_nanodollars), 'to the nanodollar');
  assert.equal(
    [...gateway.spent('outcome').values()].reduce((sum, each) => sum + each.uncertain, 0n),
    0n,
  );
  // The same bills again: nothing differs, nothing is posted.
  for (const bill of [bills.openai, bills.anthropic]) {
    const again = reconcile(bill, '--yes');
    assert.equal(again.code, 0, again.err);
    assert.match(again.out, /^0 of/m);
    assert.match(again.out, /0 corrections and 0 entries/);
  }
  assert.equal(total(), BigInt(total_nanodollars));
  assert.match(gateway.purser('verify-books', '--config', gateway.config), /the books add up/);
  await gateway.resume();
});

test('a file is imported into books that nobody keeps, and through who keeps them', async () => {
  const file = join(gateway.folder, 'vendors.csv');
  writeFileSync(
    file,
    'vendor,item,amount_usd,at,user,team\n' +
      'serper,search,1.25,2026-11-01T10:00:00Z,ann,blue\n' +
      'serper,search,1.25,2026-11-01T10:00:00Z,ann,blue\n' +
      '"exa, inc",crawl,0.000000001,2026-11-02,bob,\n',
  );
  const operator = gateway.key('--operator');
  const run = (...more) =>
    spawnSync(
      process.env.PURSER,
      ['costs', 'import', file, '--config', gateway.config, ...more],
      { encoding: 'utf8' },
    );
  assert.match(run().stderr, /a gateway keeps these books/);
  assert.match(run('--key', operator, '--dry-run').stdout, /3 costs would be posted, \$2\.50/);
  assert.match(run('--key', operator).stdout, /3 costs posted, \$2\.500000001 in all; 0 were/);
  assert.match(run('--key', operator).stdout, /0 costs posted, \$0\.00 in all; 3 were/);
  assert.equal(gateway.spent('team').get('blue').cost, 2_500_000_000n);
  const refused = run('--key', gateway.key());
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /line 2: team: this key may not say it/);

  await gateway.pause();
  assert.match(run().stdout, /0 costs posted, \$0\.00 in all; 3 were/);
  writeFileSync(file, 'vendor,item,amount_usd,at\nx,y,1,2026-11-03\nx,y,one,2026-11-03\n');
  const wrong = run();
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /line 3: amount_usd/);
  writeFileSync(file, 'vendor,item,amount_usd,at,user\nx,y,1,2026-11-03,zoe\n');
  assert.match(run('--dry-run').stdout, /1 costs would be posted/);
  assert.match(run().stdout, /1 costs posted/);
  assert.match(gateway.purser('verify-books', '--config', gateway.config), /the books add up/);
  await gateway.resume();
  assert.equal(gateway.spent('user').get('zoe').cost, 1_000_000_000n);
});

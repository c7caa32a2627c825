// alerts.test.mjs — an alert arrives, once, signed, in order, whatever happens in between.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { startGateway } from './gateway.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, holds) {
  for (let i = 0; i < 600; i += 1) {
    const seen = await what();
    if (holds(seen)) return seen;
    await wait(25);
  }
  return assert.fail(`it did not come true: ${JSON.stringify(await what())}`);
}

/** A webhook on this machine that answers as `answer` says and keeps what it got. */
async function startHook(answer = () => 200) {
  const got = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const bytes of request) body += bytes;
    const status = answer(got.length, request);
    got.push({ status, path: request.url, headers: request.headers, body });
    response.writeHead(status, { 'content-type': 'text/plain' }).end(`said ${status}`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    got,
    url,
    answer: (next) => (answer = next),
    taken: () => got.filter((request) => request.status === 200),
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** The gateway dies with a call in flight: the next start says that it was presumed. */
async function presumeOne(gateway, key) {
  const call = fetch(`${gateway.base}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'gpt-4o-mini',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'Wait.' }],
    }),
  }).catch(() => null);
  await until(
    async () => (await fetch(`${gateway.base}/metrics`)).text(),
    (text) => /^purser_calls_in_flight 1$/m.test(text),
  );
  await gateway.killAndRestart();
  await call;
}

const secret = 'a secret of the receiver';
const folder = mkdtempSync(join(tmpdir(), 'purser-alerts-'));
const program = join(folder, 'page');
const paged = join(folder, 'paged');
let hook;
let slack;
let gateway;
let key;

before(async () => {
  process.env.ALERT_SECRET = secret;
  process.env.PAGED = paged;
  writeFileSync(
    program,
    `#!/bin/sh
{ cat; env | grep -E '^(PURSER|SIMULATED|PAGED)' | sort; echo "$1|$2"; ls /proc/self/fd | wc -l
} >> "$PAGED"
`,
  );
  chmodSync(program, 0o755);
  hook = await startHook((n) => (n < 2 ? 503 : 200));
  slack = await startHook();
  gateway = await startGateway({
    yaml: `
alerts:
  repeat: 1h
  targets:
    - name: ops
      webhook: ${hook.url}/in/ops?token=x
      headers: {X-Room: "seven"}
      secret_env: ALERT_SECRET
    - {name: chat, webhook: "${slack.url}/services/T/B", format: slack, min_severity: info}
    - {name: page, command: ${program}, args: [one, "two; rm -rf /"], pass_env: [PAGED]}
    - {name: choosy, webhook: "${slack.url}/choosy", min_severity: critical}
    - {name: other, webhook: "${slack.url}/other", match: [spike, loop]}
`,
    simulate: ['--first-byte', '60s'],
  });
  key = gateway.key('--user', 'ada');
});
after(async () => {
  await gateway?.stop();
  await hook?.stop();
  await slack?.stop();
});

const list = () =>
  JSON.parse(gateway.purser('alerts', 'list', '--config', gateway.config, '--format', 'json'));

test('a webhook that fails twice gets the alert once, signed', async () => {
  await presumeOne(gateway, key);
  await until(() => hook.taken().length, (n) => n === 1);
  assert.deepEqual(hook.got.map((request) => request.status), [503, 503, 200]);
  const { body, headers, path } = hook.taken()[0];
  const alert = JSON.parse(body);
  assert.equal(path, '/in/ops?token=x');
  assert.equal(headers['x-room'], 'seven');
  assert.equal(headers['x-purser-alert-id'], alert.id);
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  assert.equal(headers['x-purser-signature'], `sha256=${signature}`);
  assert.equal(alert.kind, 'calls_presumed');
  assert.equal(alert.state, 'firing');
  assert.equal(alert.severity, 'info');
  assert.equal(alert.used, '1 calls');
});

test('slack gets blocks, targets that want something else get nothing', async () => {
  await until(() => slack.got.length, (n) => n === 1);
  const message = JSON.parse(slack.got[0].body);
  assert.equal(slack.got[0].path, '/services/T/B');
  assert.match(message.text, /Calls presumed, info/);
  assert.equal(message.blocks[0].type, 'header');
});

test('a command gets JSON on its input, a bare environment, no descriptor of ours', async () => {
  await until(() => existsSync(paged), Boolean);
  const read = () => readFileSync(paged, 'utf8');
  const text = await until(read, (seen) => /\|.*\n *\d+\n/.test(seen));
  const lines = text.trim().split('\n');
  const alert = JSON.parse(lines[0]);
  assert.equal(alert.kind, 'calls_presumed');
  assert.ok(lines.includes(`PURSER_ALERT_ID=${alert.id}`));
  assert.ok(lines.includes('PURSER_ALERT_STATE=firing'));
  assert.ok(lines.includes('one|two; rm -rf /'));
  assert.ok(!text.includes('SIMULATED_KEY'), 'the providers keys stay here');
  assert.ok(Number(lines.at(-1)) <= 5, `${lines.at(-1)} descriptors`);
});

test('the same again is counted, not told; the end is told to those who heard of it', async () => {
  await presumeOne(gateway, key);
  await until(() => list()[0].count, (count) => count === 2);
  assert.equal(list().length, 1);
  await gateway.killAndRestart(); // with nothing in flight
  await until(() => hook.taken().length, (n) => n === 2);
  const alert = JSON.parse(hook.taken()[1].body);
  assert.equal(alert.state, 'recovered');
  assert.equal(alert.count, 2);
  await until(() => slack.got.length, (n) => n === 2);
  assert.match(JSON.parse(slack.got[1].body).text, /recovered/);
  const everybody = 'chat, ops, page';
  await until(() => list()[0], (row) => row.waiting === '' && row.delivered === everybody);
});

test('what is undelivered is listed and sent after kill -9, in order', async () => {
  hook.answer(() => 500);
  const heard = hook.taken().length;
  await presumeOne(gateway, key);
  // The others have heard of it, and only this target is tried again.
  await until(() => list()[0], ({ waiting }) => /^ops \(\d+ tries: 500: said 500\)$/.test(waiting));
  await gateway.killAndRestart(); // recovers, which waits behind
  await until(() => list().length, (n) => n === 4);
  hook.answer(() => 200);
  await gateway.killAndRestart();
  await until(() => hook.taken().length - heard, (n) => n === 2);
  const late = hook.taken().slice(heard);
  const states = late.map((request) => JSON.parse(request.body).state);
  assert.deepEqual(states, ['firing', 'recovered']);
  await until(() => list().every((each) => each.waiting === ''), Boolean);
});

test('alerts test says per target what came of it', async () => {
  const run = (...args) => {
    const result = spawnSync(
      process.env.PURSER,
      ['alerts', 'test', '--config', gateway.config, '--format', 'json', ...args],
      { encoding: 'utf8', env: { ...process.env } },
    );
    return { ...result, rows: result.stdout && JSON.parse(result.stdout) };
  };
  const dead = run('--target', 'page');
  assert.equal(dead.status, 0, dead.stderr);
  assert.equal(dead.rows[0].result, 'delivered');
  assert.equal(dead.rows[0].said, 'exit 0');
  writeFileSync(program, '#!/bin/sh\nexit 3\n');
  const failing = run('--target', 'page');
  assert.equal(failing.status, 1);
  assert.equal(failing.rows[0].said, 'exit 3');
  assert.equal(run('--target', 'nobody').status, 1);
});

test('a changed target is used from then on', async () => {
  const other = await startHook();
  try {
    hook.answer(() => 500);
    await presumeOne(gateway, key);
    await until(() => list()[0], ({ waiting }) => waiting.includes('ops'));
    const yaml = readFileSync(gateway.config, 'utf8');
    writeFileSync(gateway.config, yaml.replace(`${hook.url}/in/ops?token=x`, other.url));
    await until(() => gateway.output(), (text) => text.includes('configuration is in force'));
    await until(() => other.got.length, (n) => n === 1); // what waited for the old address
  } finally {
    await other.stop();
  }
});

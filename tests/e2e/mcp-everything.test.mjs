// mcp-everything.test.mjs — the protocol's own reference server, asked directly and through Purser,
// over HTTP and as a program: the same lists, the same results.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { freePort, startGateway } from './gateway.mjs';

const everything = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-everything/dist/index.js',
);
let port;
let server;
let gateway;
let key;

before(async () => {
  port = await freePort();
  server = spawn(process.execPath, [everything, 'streamableHttp'], {
    env: { ...process.env, PORT: String(port) },
    stdio: 'ignore',
  });
  for (let tries = 0; tries < 100; tries += 1) {
    if (await fetch(`http://127.0.0.1:${port}/mcp`).catch(() => undefined)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  gateway = await startGateway({
    yaml: `
mcp:
  over_http:
    url: http://127.0.0.1:${port}/mcp
    prices: [{tool: get-sum, per_call: "0.01"}]
  program:
    command: ${process.execPath}
    args: ["${everything}"]
    env: {SUITE: "yes"}
    prices: [{tool: get-sum, per_call: "0.02"}]
  ends_at_once: {command: "false"}
`,
  });
  key = gateway.key();
});
after(async () => {
  await gateway?.stop();
  server?.kill();
});

async function connect(url, user = 'ann') {
  const client = new Client({ name: 'suite', version: '1.0.0' }, { capabilities: {} });
  const requestInit = { headers: { 'x-purser-key': key, 'x-purser-user': user } };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }));
  return client;
}
const direct = () => connect(`http://127.0.0.1:${port}/mcp`);
const through = (name, user) => connect(`${gateway.base}/mcp/${name}`, user);

/** Whatever it says that does not depend on the time. */
async function portrait(client) {
  const call = (name, args = {}) => client.callTool({ name, arguments: args });
  const steps = [];
  const slow = await client.callTool(
    { name: 'trigger-long-running-operation', arguments: { duration: 0.4, steps: 4 } },
    undefined,
    { onprogress: ({ progress, total }) => steps.push([progress, total]) },
  );
  return {
    server: client.getServerVersion(),
    capabilities: client.getServerCapabilities(),
    instructions: client.getInstructions(),
    tools: (await client.listTools()).tools,
    prompts: (await client.listPrompts()).prompts,
    templates: (await client.listResourceTemplates()).resourceTemplates,
    resources: (await client.listResources()).resources,
    echo: await call('echo', { message: 'Größe \u2028 "x" \\' }),
    sum: await call('get-sum', { a: 2, b: 3 }),
    image: await call('get-tiny-image'),
    links: await call('get-resource-links', { count: 3 }),
    structured: await call('get-structured-content', { location: 'Chicago' }),
    annotated: await call('get-annotated-message', { messageType: 'error', includeImage: true }),
    wrong: await call('get-sum', { a: 'two' }),
    unknown: await call('no-such-tool').catch((error) => error.message),
    prompt: await client.getPrompt({ name: 'args-prompt', arguments: { city: 'Paris' } }),
    steps,
    slow,
  };
}

test('over HTTP, everything is as it is without Purser', async () => {
  const [alone, behind] = [await direct(), await through('over_http', 'http')];
  assert.deepEqual(await portrait(behind), await portrait(alone));
  await alone.close();
  await behind.close();
});

test('as a program, everything is as it is over HTTP', async () => {
  const [alone, behind] = [await direct(), await through('program', 'program')];
  assert.deepEqual(await portrait(behind), await portrait(alone));
  await behind.transport.terminateSession();
  await alone.close();
  await behind.close();
});

test('a program has its own environment, and none of the gateway', async () => {
  const client = await through('program', 'env');
  const { content } = await client.callTool({ name: 'get-env', arguments: {} });
  const env = JSON.parse(content[0].text);
  assert.equal(env.SUITE, 'yes');
  assert.ok(env.PATH);
  assert.ok(!('SIMULATED_KEY' in env));
  await client.transport.terminateSession();
  await client.close();
});

test('each session has a program of its own, which ends with it', async () => {
  const clients = [await through('program', 'one'), await through('program', 'two')];
  const running = await Promise.all(
    clients.map((client) => client.callTool({ name: 'echo', arguments: { message: 'x' } })),
  );
  assert.deepEqual(running[0], running[1]);
  for (const client of clients) {
    await client.transport.terminateSession();
    await assert.rejects(client.listTools());
    await client.close();
  }
});

test('a program that cannot be had is an error, not a wait', async () => {
  await assert.rejects(through('ends_at_once'), /ended before it answered|cannot be started/);
});

test('both are in the ledger', async () => {
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  const users = gateway.spent('user');
  assert.equal(users.get('http').cost, 10_000_000n * 2n);
  assert.equal(users.get('program').cost, 20_000_000n * 2n);
  assert.equal(users.get('http').calls, users.get('program').calls);
  assert.match(gateway.purser('verify-books', '--config', gateway.config), /the books add up/);
});

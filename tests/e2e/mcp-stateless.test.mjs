// mcp-stateless.test.mjs — the protocol without sessions (2026-07-28) through Purser, with the
// official client and server of that revision.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  McpServer,
  acceptedContent,
  createMcpHandler,
  inputRequired,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { startGateway } from './gateway.mjs';

const text = (words) => ({ content: [{ type: 'text', text: words }] });
const seen = [];
let gateway;
let listener;
let key;

function tools() {
  const server = new McpServer({ name: 'stateless', version: '1.0.0' });
  server.registerTool('echo', { inputSchema: z.object({ words: z.string() }) }, ({ words }) =>
    text(words),
  );
  server.registerTool('deploy', { inputSchema: z.object({ env: z.string() }) }, ({ env }, ctx) => {
    const answer = acceptedContent(ctx.mcpReq.inputResponses, 'confirm');
    if (answer === undefined) {
      return inputRequired({
        inputRequests: {
          confirm: inputRequired.elicit({
            message: `Deploy to ${env}?`,
            requestedSchema: { type: 'object', properties: { sure: { type: 'boolean' } } },
          }),
        },
      });
    }
    return text(`deployed to ${env}: ${answer.sure}`);
  });
  return server;
}

before(async () => {
  const handle = toNodeHandler(createMcpHandler(tools, { legacy: 'reject' }));
  listener = createServer((request, response) => {
    seen.push(request.headers);
    handle(request, response);
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  gateway = await startGateway({
    yaml: `
mcp:
  modern:
    url: http://127.0.0.1:${listener.address().port}/
    prices: [{tool: "*", per_call: "0.01"}]
limits:
  - {name: few, match: {user: few}, per: user, window: day, max: {tool_calls: 1}}
`,
  });
  key = gateway.key();
});
after(async () => {
  await gateway?.stop();
  listener?.close();
  listener?.closeAllConnections();
});

async function connect(name, user) {
  const client = new Client(
    { name: 'suite', version: '1.0.0' },
    {
      capabilities: { elicitation: { form: {} } },
      versionNegotiation: { mode: { pin: '2026-07-28' } },
    },
  );
  client.setRequestHandler('elicitation/create', () => ({
    action: 'accept',
    content: { sure: true },
  }));
  const headers = { 'x-purser-key': key, 'x-purser-user': user };
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${gateway.base}/mcp/${name}`), {
      requestInit: { headers },
    }),
  );
  return client;
}
const call = (client, name, args) => client.callTool({ name, arguments: args });
async function spent(user, calls) {
  for (let tries = 0; ; tries += 1) {
    const row = gateway.spent('user').get(user);
    if ((row?.calls ?? 0) >= calls || tries === 30) return row;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test('every request stands for itself, and a call is in the books', async () => {
  const client = await connect('modern', 'ann');
  const names = (await client.listTools()).tools.map(({ name }) => name);
  assert.deepEqual(names.sort(), ['deploy', 'echo']);
  assert.equal((await call(client, 'echo', { words: 'hi' })).content[0].text, 'hi');
  assert.deepEqual(await spent('ann', 1), { cost: 10_000_000n, uncertain: 0n, calls: 1 });
  const asked = seen.at(-1);
  assert.equal(asked['mcp-method'], 'tools/call');
  assert.equal(asked['mcp-name'], 'echo');
  assert.equal(asked['mcp-protocol-version'], '2026-07-28');
  await client.close();
});

test('a call that needs more input first is one call', async () => {
  const client = await connect('modern', 'bea');
  const before = seen.length;
  const done = await call(client, 'deploy', { env: 'prod' });
  assert.equal(done.content[0].text, 'deployed to prod: true');
  const calls = seen.slice(before).filter((headers) => headers['mcp-method'] === 'tools/call');
  assert.equal(calls.length, 2);
  const row = await spent('bea', 2);
  assert.deepEqual(row.cost, 10_000_000n);
  await client.close();
});

test('a refusal is a whole result of that revision', async () => {
  const client = await connect('modern', 'few');
  assert.equal((await call(client, 'deploy', { env: 'a' })).content[0].text, 'deployed to a: true');
  const refused = await call(client, 'echo', { words: 'x' });
  assert.equal(refused.isError, true);
  assert.match(refused.content[0].text, /1 tool call/);
  await client.close();
});

test('all servers as one', async () => {
  const client = await connect('', 'cem');
  const names = (await client.listTools()).tools.map(({ name }) => name);
  assert.deepEqual(names.sort(), ['modern__deploy', 'modern__echo']);
  assert.equal((await call(client, 'modern__echo', { words: 'x' })).content[0].text, 'x');
  assert.equal(seen.at(-1)['mcp-name'], 'echo');
  assert.equal((await spent('cem', 1)).cost, 10_000_000n);
  await client.close();
});

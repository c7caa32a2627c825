// mcp.test.mjs — MCP servers behind Purser, with the official client: what passes, and what a tool
// call is in the books.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { startGateway } from './gateway.mjs';
import { startMcpServer } from './mcp-server.mjs';

let gateway;
let streams; // a server that answers in event streams
let plain; // one that answers in JSON
let key;

before(async () => {
  streams = await startMcpServer();
  plain = await startMcpServer({ json: true });
  gateway = await startGateway({
    yaml: `
mcp:
  streams:
    url: ${streams.url}
    headers: {X-Team: blue}
    prices:
      - {tool: search, per_unit: {at: /structuredContent/credits, usd: "0.01"}, at_most: "0.10"}
      - {tool: steps, per_call: "0.002"}
      - {tool: po*, per_call: "0.03"}
      - {tool: slow, per_call: "0.5"}
  plain:
    url: ${plain.url}
    tools: {deny: [ask, sample]}
    prices:
      - {tool: echo, per_call: "0.001", per_kib: "0.001024", at_most: "0.01"}
      - {tool: fail, per_call: "0.25"}
limits:
  - {name: few, match: {user: few}, per: user, window: day, max: {tool_calls: 3}}
  - {name: search, match: {tool: "s*h", user: poor}, per: user, window: day, max: {usd: "0.12"}}
  - {name: plain, match: {provider: plain, user: poor}, per: user, window: day, max: {usd: "0.25"}}
  - {name: models, match: {user: few}, per: user, window: day, max: {calls: 1}}
calls:
  - {match: {user: reader}, tools: {allow: [echo, s*]}}
sessions: {max: {tool_calls: 6}}
admission_wait: 100ms
`,
  });
  key = gateway.key();
});
after(async () => {
  await gateway?.stop();
  await streams?.stop();
  await plain?.stop();
});

async function connect(name, { user = 'ann', session, headers = {}, secret = key } = {}) {
  const client = new Client(
    { name: 'suite', version: '1.0.0' },
    { capabilities: { elicitation: { form: {} }, sampling: {} } },
  );
  client.setRequestHandler(ElicitRequestSchema, () => ({
    action: 'accept',
    content: { colour: 'blue' },
  }));
  client.setRequestHandler(CreateMessageRequestSchema, () => ({
    role: 'assistant',
    model: 'none',
    content: { type: 'text', text: 'hi' },
  }));
  const transport = new StreamableHTTPClientTransport(new URL(`${gateway.base}/mcp/${name}`), {
    requestInit: {
      headers: {
        'x-purser-key': secret,
        'x-purser-user': user,
        'x-purser-session': session ?? `${name}-${user}-${Math.random()}`,
        ...headers,
      },
    },
  });
  await client.connect(transport);
  return client;
}
const call = (client, name, args = {}, ...more) =>
  client.callTool({ name, arguments: args }, undefined, ...more);
const said = (result) => result.content[0].text;
/** Once the ledger has folded so many calls of the user's: within a second. */
async function spent(user, calls) {
  for (let tries = 0; ; tries += 1) {
    const row = gateway.spent('user').get(user);
    if ((row?.calls ?? 0) >= calls || tries === 30) return row;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
const verifyBooks = () => gateway.purser('verify-books', '--config', gateway.config);

test('a call is in the ledger: the server, the tool, its price', async () => {
  const client = await connect('streams', { user: 'bea' });
  const { tools } = await client.listTools();
  assert.equal(tools.length, 8);
  assert.equal(said(await call(client, 'echo', { words: 'hello' })), 'hello');
  const found = await call(client, 'search', { results: 5 });
  assert.deepEqual(found.structuredContent, { credits: 2.5 });
  assert.deepEqual(await spent('bea', 2), { cost: 25_000_000n, uncertain: 0n, calls: 2 });
  assert.ok(gateway.spent('provider').has('streams'));
  assert.ok(gateway.spent('model').has('search'));
  assert.ok(streams.seen.every(({ headers }) => headers['x-team'] === 'blue'));
  assert.ok(streams.seen.every(({ headers }) => !('x-purser-key' in headers)));
  await client.close();
  verifyBooks();
});

test('progress, elicitation and sampling pass in both directions', async () => {
  const client = await connect('streams', { user: 'cem' });
  const steps = [];
  const onprogress = ({ progress }) => steps.push(progress);
  const done = await call(client, 'steps', {}, { onprogress });
  assert.equal(said(done), 'three steps');
  assert.deepEqual(steps, [1, 2, 3]);
  assert.equal(said(await call(client, 'ask')), 'colour: blue');
  assert.equal(said(await call(client, 'sample')), 'model: hi');
  assert.deepEqual(await spent('cem', 3), { cost: 2_000_000n, uncertain: 0n, calls: 3 });
  await client.close();
});

test('a result that comes by another stream is settled there, once', async () => {
  const client = await connect('streams', { user: 'dag' });
  assert.equal(said(await call(client, 'polled')), 'after all');
  assert.deepEqual(await spent('dag', 1), { cost: 30_000_000n, uncertain: 0n, calls: 1 });
  await client.close();
});

test('a session that ends is gone there, too', async () => {
  const client = await connect('streams');
  const id = client.transport.sessionId;
  assert.ok(streams.sessions.has(id));
  await client.transport.terminateSession();
  assert.ok(!streams.sessions.has(id));
  await client.close();
});

test('plain answers are priced by their size, and an error of the tool is a result', async () => {
  const client = await connect('plain', { user: 'eli' });
  const result = await call(client, 'echo', { words: 'x'.repeat(1000) });
  const bytes = BigInt(JSON.stringify(result).length);
  assert.equal((await call(client, 'fail')).isError, true);
  const cost = 1_000_000n + bytes * 1_000n + 250_000_000n;
  assert.deepEqual(await spent('eli', 2), { cost, uncertain: 0n, calls: 2 });
  await assert.rejects(call(client, 'echo', { words: 7 }).then((r) => assert.ok(!r.isError)));
  await client.close();
});

test('a tool that is denied is not listed, and not called', async () => {
  const client = await connect('plain');
  const names = async (of) => (await of.listTools()).tools.map(({ name }) => name).sort();
  assert.deepEqual(await names(client), ['echo', 'fail', 'polled', 'search', 'slow', 'steps']);
  const before = plain.calls.length;
  const refused = await call(client, 'ask');
  assert.equal(refused.isError, true);
  assert.match(said(refused), /the tool 'ask' of plain is not allowed for this caller/);
  const reader = await connect('streams', { user: 'reader' });
  assert.deepEqual(await names(reader), ['echo', 'sample', 'search', 'slow', 'steps']);
  assert.equal((await call(reader, 'fail')).isError, true);
  assert.equal(plain.calls.length, before);
  await client.close();
  await reader.close();
});

test('so many calls, and then a refusal that the model reads', async () => {
  const client = await connect('streams', { user: 'few' });
  const before = streams.calls.length;
  for (let i = 0; i < 3; i += 1) assert.ok(!(await call(client, 'echo', { words: 'x' })).isError);
  const refused = await call(client, 'echo', { words: 'x' });
  assert.equal(refused.isError, true);
  assert.match(said(refused), /3 tool calls/);
  assert.equal(refused._meta['purser/refused'].limit, 'few');
  assert.equal(streams.calls.length, before + 3);
  await client.close();
  assert.equal((await spent('few', 3)).calls, 3);
});

test('dollars of tools are dollars, by tool and by server', async () => {
  const client = await connect('streams', { user: 'poor' });
  assert.ok(!(await call(client, 'search', { results: 10 })).isError); // 0.05 of 0.10 held
  const refused = await call(client, 'search', { results: 10 });
  assert.equal(refused.isError, true, 'what it may cost is more than is left');
  assert.match(said(refused), /\$0\.12/);
  const other = await connect('plain', { user: 'poor' });
  assert.ok((await call(other, 'fail')).isError);
  assert.match(said(await call(other, 'fail')), /\$0\.25/);
  await client.close();
  await other.close();
});

test('a session may make so many tool calls, told by its history or not', async () => {
  const client = await connect('streams', { user: 'gus', session: 'capped' });
  const history = (count) => [
    { role: 'user', content: 'go on' },
    ...Array.from({ length: count }, (_, i) => [
      {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: `c${i}`, type: 'function', function: { name: 'echo', arguments: `{"i":${i}}` } },
        ],
      },
      { role: 'tool', tool_call_id: `c${i}`, content: `${i}` },
    ]).flat(),
  ];
  const turn = (count) =>
    fetch(`${gateway.base}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        'x-purser-key': key,
        'x-purser-user': 'gus',
        'x-purser-session': 'capped',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ model: 'gpt-4o-mini', messages: history(count) }),
    });
  const state = async () =>
    (
      await fetch(`${gateway.base}/v1/sessions/capped`, {
        headers: { 'x-purser-key': key, 'x-purser-user': 'gus' },
      })
    ).json();
  for (let i = 0; i < 3; i += 1) await call(client, 'echo', { words: 'x' });
  assert.equal((await state()).tool_calls, 3);
  assert.equal((await turn(3)).status, 200);
  assert.equal((await state()).tool_calls, 3, 'its history tells of the same three');
  assert.equal((await turn(4)).status, 200);
  assert.equal((await state()).tool_calls, 4, 'one more, which did not come by here');
  for (let i = 0; i < 2; i += 1) assert.ok(!(await call(client, 'echo', { words: 'x' })).isError);
  const refused = await call(client, 'echo', { words: 'x' });
  assert.match(said(refused), /may make 6 tool calls/);
  await client.close();
});

test('a call that names no session is of the one its key used last', async () => {
  const own = gateway.key();
  await fetch(`${gateway.base}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${own}`, 'x-session-id': 'the-run', 'x-purser-user': 'hal' },
    body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'hi' }] }),
  });
  const client = await connect('streams', {
    user: 'hal',
    secret: own,
    headers: { 'x-purser-session': '' },
  });
  await call(client, 'polled');
  const _meta = { 'purser/session': 'other' };
  await client.callTool({ name: 'echo', arguments: { words: 'x' }, _meta });
  await spent('hal', 3);
  assert.equal(gateway.spent('session').get('the-run').calls, 2);
  assert.equal(gateway.spent('session').get('other').calls, 1);
  await client.close();
});

test('no key, no server', async () => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 'a', method: 'tools/list' });
  const ask = (path, headers = {}, more = {}) =>
    fetch(`${gateway.base}${path}`, { method: 'POST', headers, body, ...more });
  const refused = await ask('/mcp/streams', { authorization: 'Bearer prs_nobody' });
  assert.equal(refused.status, 401);
  assert.equal((await refused.json()).error.code, -32010);
  assert.equal((await ask('/mcp/nobody', { 'x-purser-key': key })).status, 404);
  const broken = await ask('/mcp/streams', { 'x-purser-key': key }, { body: '{"jsonrpc":' });
  assert.equal(broken.status, 400);
  assert.equal((await broken.json()).error.code, -32700);
  const params = { name: 'echo' };
  const batch = JSON.stringify([{ jsonrpc: '2.0', id: 1, method: 'tools/call', params }]);
  const before = streams.seen.length;
  assert.equal((await ask('/mcp/streams', { 'x-purser-key': key }, { body: batch })).status, 400);
  assert.equal(streams.seen.length, before, 'nothing that costs money passes unseen');
});

test('a kill switch ends a call under way, at its hold', async () => {
  const client = await connect('streams', { user: 'ivo' });
  const slow = call(client, 'slow');
  await new Promise((resolve) => setTimeout(resolve, 300));
  gateway.purser('kill', '--user', 'ivo', '--hard', '--why', 'enough', '--config', gateway.config);
  const began = Date.now();
  await assert.rejects(slow.then((result) => assert.ok(!result.isError)));
  assert.ok(Date.now() - began < 3_000);
  const refused = await call(client, 'echo', { words: 'x' });
  assert.match(said(refused), /enough/);
  gateway.purser('resume', '--all', '--config', gateway.config);
  const row = await spent('ivo', 1);
  assert.deepEqual(row, { cost: 500_000_000n, uncertain: 500_000_000n, calls: 1 });
  await client.close();
});

test('all servers as one: names with their server before, calls to the right one', async () => {
  const client = await connect('', { user: 'jan' });
  const names = (await client.listTools()).tools.map(({ name }) => name);
  assert.ok(names.includes('streams__echo') && names.includes('plain__echo'));
  assert.ok(!names.includes('plain__ask'));
  assert.equal(names.length, 8 + 6);
  const before = [streams.calls.length, plain.calls.length];
  assert.equal(said(await call(client, 'streams__echo', { words: 'a' })), 'a');
  assert.equal(said(await call(client, 'plain__fail')), 'it broke');
  assert.equal(said(await call(client, 'streams__ask')), 'colour: blue');
  assert.deepEqual([streams.calls.length, plain.calls.length], [before[0] + 2, before[1] + 1]);
  assert.deepEqual(await spent('jan', 3), { cost: 250_000_000n, uncertain: 0n, calls: 3 });
  await assert.rejects(call(client, 'nobody__echo'), /unknown tool/);
  const { sessionId } = client.transport;
  await client.transport.terminateSession();
  assert.match(sessionId, /^streams=2025-11-25/);
  await client.close();
});

test('the ledger is what the servers saw, and the books add up', async () => {
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  const providers = gateway.spent('provider');
  // The call with wrong arguments never reached its tool.
  assert.equal(providers.get('plain').calls, plain.calls.length + 1);
  assert.equal(providers.get('streams').calls, streams.calls.length);
  verifyBooks();
  const metrics = await (await fetch(`${gateway.base}/metrics`)).text();
  assert.match(metrics, /purser_calls_total\{[^}]*dialect="tool"[^}]*\} [1-9]/);
});

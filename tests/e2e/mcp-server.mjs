// mcp-server.mjs — an MCP server made with the official SDK, for the suites: it keeps its own list
// of the tool calls that reached it, to hold Purser's ledger against.
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';

const text = (words) => ({ content: [{ type: 'text', text: words }] });

/** Every event of every stream, so that a client may come back for what it missed. */
class Events {
  #events = [];
  async storeEvent(stream, message) {
    this.#events.push({ stream, message });
    return String(this.#events.length);
  }
  async replayEventsAfter(last, { send }) {
    const { stream } = this.#events[Number(last) - 1];
    for (let i = Number(last); i < this.#events.length; i += 1) {
      if (this.#events[i].stream === stream) await send(String(i + 1), this.#events[i].message);
    }
    return stream;
  }
}

function tools(calls) {
  const server = new McpServer(
    { name: 'suite', version: '1.0.0' },
    { capabilities: { logging: {} } },
  );
  const add = (name, config, run) =>
    server.registerTool(name, { inputSchema: {}, ...config }, async (args, extra) => {
      calls.push(name);
      return run(args, extra);
    });
  add('echo', { description: 'says it again', inputSchema: { words: z.string() } }, ({ words }) =>
    text(words),
  );
  add(
    'search',
    {
      description: 'finds things',
      inputSchema: { results: z.number() },
      outputSchema: { credits: z.number() },
    },
    ({ results }) => ({
      content: [{ type: 'text', text: 'found' }],
      structuredContent: { credits: results / 2 },
    }),
  );
  add('fail', { description: 'never works' }, () => ({ ...text('it broke'), isError: true }));
  add('slow', { description: 'takes its time' }, async () => {
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    return text('done');
  });
  add('steps', { description: 'tells how far it is' }, async (_args, extra) => {
    for (let step = 1; step <= 3; step += 1) {
      await extra.sendNotification({
        method: 'notifications/progress',
        params: { progressToken: extra._meta.progressToken, progress: step, total: 3 },
      });
    }
    return text('three steps');
  });
  add('ask', { description: 'asks the user' }, async (_args, extra) => {
    const answer = await extra.sendRequest(
      {
        method: 'elicitation/create',
        params: {
          mode: 'form',
          message: 'Which colour?',
          requestedSchema: { type: 'object', properties: { colour: { type: 'string' } } },
        },
      },
      z.any(),
    );
    return text(`colour: ${answer.content?.colour}`);
  });
  add('sample', { description: 'asks the model' }, async (_args, extra) => {
    const answer = await extra.sendRequest(
      {
        method: 'sampling/createMessage',
        params: {
          messages: [{ role: 'user', content: { type: 'text', text: 'say hi' } }],
          maxTokens: 10,
        },
      },
      z.any(),
    );
    return text(`model: ${answer.content.text}`);
  });
  add('polled', { description: 'hangs up and goes on' }, async (_args, extra) => {
    extra.closeSSEStream();
    await new Promise((resolve) => setTimeout(resolve, 400));
    return text('after all');
  });
  return server;
}

/** `json`: plain answers instead of streams. `authorize(headers, url)` may refuse. */
export async function startMcpServer({ json = false, authorize = () => undefined } = {}) {
  const calls = [];
  const seen = []; // the head of every request
  const transports = new Map();
  const listener = createServer(async (request, response) => {
    seen.push({ method: request.method, url: request.url, headers: request.headers });
    const refused = authorize(request.headers, request.url);
    if (refused) {
      response.writeHead(refused.status, refused.headers);
      response.end(refused.body);
      return;
    }
    const session = request.headers['mcp-session-id'];
    let transport = transports.get(session);
    if (session !== undefined && transport === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (transport === undefined) {
      transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        enableJsonResponse: json,
        eventStore: json ? undefined : new Events(),
        retryInterval: 50,
        onsessioninitialized: (id) => transports.set(id, transport),
        onsessionclosed: (id) => transports.delete(id),
      });
      await tools(calls).connect(transport);
    }
    await transport.handleRequest(request, response);
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${listener.address().port}/mcp`,
    calls,
    seen,
    sessions: transports,
    stop: () =>
      new Promise((resolve) => {
        listener.close(resolve);
        listener.closeAllConnections();
      }),
  };
}

// agents.test.mjs — agent frameworks through Purser: a run of several turns with a tool is one
// session, and billed as the provider bills it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import {
  Agent,
  OpenAIProvider,
  Runner,
  setTracingDisabled,
  tool as agentTool,
} from '@openai/agents';
import { embed, generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { startGateway } from './gateway.mjs';

let gateway;
let key;
let provider;

before(async () => {
  gateway = await startGateway({
    yaml: `
limits:
  - {name: plenty, match: {user: agent}, per: user, window: day, max: {usd: "100"}}
`,
  });
  key = gateway.key('--user', 'agent');
  provider = createOpenAI({ apiKey: key, baseURL: `${gateway.base}/v1` });
  setTracingDisabled(true);
});
after(() => gateway?.stop());

/** Everything is settled, and the ledger says what the bill says. */
async function expectParity(calls) {
  for (let tries = 0; tries < 100; tries += 1) {
    const text = await (await fetch(`${gateway.base}/metrics`)).text();
    if (/^purser_open_holds 0$/m.test(text)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => setTimeout(resolve, 1_500)); // the ledger folds within a second
  const bill = await gateway.bill();
  const spent = gateway.spent('user').get('agent');
  assert.equal(spent.uncertain, 0n);
  assert.equal(spent.cost, BigInt(bill.total_nanodollars));
  assert.ok(bill.billed_calls >= calls, `${bill.billed_calls} calls`);
}

const sessions = () => [...gateway.spent('session').keys()].length;

test('Vercel AI SDK: two steps with a tool are one session', async () => {
  let looked = 0;
  const { steps } = await generateText({
    model: provider.responses('gpt-4.1'),
    prompt: 'Look up the sea.',
    maxOutputTokens: 80,
    tools: {
      look_up: tool({
        inputSchema: z.object({ what: z.string() }),
        execute: async () => {
          looked += 1;
          return 'It is wide.';
        },
      }),
    },
    prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? 'required' : 'none' }),
    stopWhen: stepCountIs(2),
  });
  assert.equal(steps.length, 2);
  assert.equal(looked, 1);
  assert.ok(steps[1].usage.outputTokens > 0);
  await expectParity(2);
  assert.equal(sessions(), 1);
});

test('Vercel AI SDK: a stream, and an embedding', async () => {
  const { textStream, usage } = streamText({
    model: provider.responses('gpt-6-sol'),
    prompt: 'Tell me of the sky.',
    maxOutputTokens: 60,
  });
  let text = '';
  for await (const piece of textStream) text += piece;
  assert.ok((await usage).outputTokens > 0);
  const { embedding } = await embed({
    model: provider.embedding('text-embedding-3-small'),
    value: 'the sky',
  });
  assert.equal(embedding.length, 8);
  await expectParity(4);
});

test('OpenAI Agents SDK: a run with a tool, plain and streamed', async () => {
  const lookUp = agentTool({
    name: 'look_up',
    description: 'Looks something up.',
    parameters: z.object({ what: z.string() }),
    execute: async () => 'It is wide.',
  });
  const agent = new Agent({
    name: 'Sailor',
    instructions: 'Look it up.',
    model: 'gpt-4.1',
    modelSettings: { toolChoice: 'required', maxTokens: 8_000 },
    resetToolChoice: true,
    tools: [lookUp],
  });
  const runner = new Runner({
    modelProvider: new OpenAIProvider({
      apiKey: key,
      baseURL: `${gateway.base}/v1`,
      useResponses: true,
    }),
  });
  const plain = await runner.run(agent, 'What is the sea?', { maxTurns: 4 });
  assert.ok(plain.rawResponses.length >= 2);
  const streamed = await runner.run(agent, 'And the sky?', { stream: true, maxTurns: 4 });
  for await (const event of streamed) void event;
  await streamed.completed;
  assert.ok(streamed.rawResponses.length >= 2);
  await expectParity(8);
});

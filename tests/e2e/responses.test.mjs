// responses.test.mjs — OpenAI's other dialects through Purser, with the official client: every
// answer as from the provider, and the ledger equal to the provider's bill.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { startGateway } from './gateway.mjs';

const tools = [
  {
    type: 'function',
    name: 'look_up',
    description: 'Looks something up.',
    parameters: { type: 'object', properties: { what: { type: 'string' } }, required: ['what'] },
    strict: false,
  },
];

let gateway;
let openai;
let key;
let poor;

before(async () => {
  gateway = await startGateway({
    yaml: `
limits:
  - {name: nothing, match: {user: poor}, per: user, window: day, max: {usd: "0.000000001"}}
`,
  });
  key = gateway.key('--user', 'rich', '--tier', 'paid');
  openai = new OpenAI({ apiKey: key, baseURL: `${gateway.base}/v1` });
  poor = new OpenAI({
    apiKey: gateway.key('--user', 'poor', '--tier', 'free'),
    baseURL: `${gateway.base}/v1`,
  });
});
after(() => gateway?.stop());

/** What the provider bills for the answer of this id, in nanodollars. */
async function billed(id) {
  const response = await fetch(`${gateway.provider}/bill/${id}`);
  assert.equal(response.status, 200, `bill of ${id}`);
  return response.json();
}

/** The record of one call, once it is in the ledger. */
async function record(id) {
  for (let tries = 0; tries < 100; tries += 1) {
    const response = await fetch(`${gateway.base}/v1/calls/${id}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    if (response.status === 200) return response.json();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${id} is not in the ledger`);
}

const nanos = (dollars) => Math.round(Number(dollars) * 1e9);

async function expectBilled(callId, answerId) {
  const [mine, theirs] = [await record(callId), await billed(answerId)];
  assert.equal(nanos(mine.cost_usd), theirs.nanodollars, JSON.stringify({ mine, theirs }));
  return mine;
}

test('a plain response carries its usage and its cost', async () => {
  const { data, response } = await openai.responses
    .create({ model: 'gpt-6-sol', input: 'Hello there', max_output_tokens: 50 })
    .withResponse();
  assert.ok(data.output_text.length > 0);
  assert.ok(data.usage.output_tokens <= 50);
  const cost = nanos(response.headers.get('x-purser-cost-usd'));
  assert.equal(cost, (await billed(data.id)).nanodollars);
  const mine = await expectBilled(response.headers.get('x-purser-call-id'), data.id);
  assert.equal(mine.dialect, 'responses');
});

test('a streamed response ends in its usage, and is billed alike', async () => {
  const stream = openai.responses.stream({
    model: 'gpt-6.2-sol',
    instructions: 'Be brief.',
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'Tell me of the sea.' }] }],
    max_output_tokens: 64,
    metadata: { simulate: 'output=64' },
  });
  const types = new Set();
  for await (const event of stream) types.add(event.type);
  const data = await stream.finalResponse();
  assert.ok(types.has('response.output_text.delta'));
  assert.ok(types.has('response.completed') || types.has('response.incomplete'));
  const theirs = await billed(data.id);
  assert.equal(theirs.usage.output, data.usage.output_tokens);
});

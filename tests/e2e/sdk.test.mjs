// sdk.test.mjs — the official clients through Purser: they must behave as against the provider.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { startGateway } from './gateway.mjs';

const tools = [
  {
    type: 'function',
    function: {
      name: 'look_up',
      description: 'Looks something up.',
      parameters: { type: 'object', properties: { what: { type: 'string' } }, required: ['what'] },
    },
  },
];
const say = (content) => [{ role: 'user', content }];

let gateway;
let openai;
let anthropic;
let poor; // clients of a user whose limit is used up at once

before(async () => {
  gateway = await startGateway({
    yaml: `
limits:
  - {name: nothing, match: {user: poor}, per: user, window: day, max: {usd: "0.000000001"}}
  - {name: paced, match: {user: hasty}, per: user, window: minute, max: {calls: 1}}
`,
  });
  const rich = gateway.key('--user', 'rich', '--tier', 'paid');
  openai = new OpenAI({ apiKey: rich, baseURL: `${gateway.base}/v1` });
  anthropic = new Anthropic({ apiKey: rich, baseURL: gateway.base });
  const empty = gateway.key('--user', 'poor', '--tier', 'free');
  poor = {
    openai: new OpenAI({ apiKey: empty, baseURL: `${gateway.base}/v1` }),
    anthropic: new Anthropic({ apiKey: empty, baseURL: gateway.base }),
  };
});
after(() => gateway?.stop());

/** The record of one call, once it is in the ledger. */
async function record(id, key) {
  const response = await fetch(`${gateway.base}/v1/calls/${id}`, {
    headers: { authorization: `Bearer ${key}` },
  });
  assert.equal(response.status, 200, `record of ${id}`);
  return response.json();
}

test('openai: a plain answer carries its usage and its cost', async () => {
  const { data, response } = await openai.chat.completions
    .create({ model: 'gpt-4o', messages: say('Hello there'), max_completion_tokens: 50 })
    .withResponse();
  assert.ok(data.choices[0].message.content.length > 0);
  assert.ok(data.usage.completion_tokens <= 50);
  assert.match(response.headers.get('x-purser-call-id'), /^call_[0-9a-f]{16}$/);
  const cost = Number(response.headers.get('x-purser-cost-usd'));
  const { prompt_tokens: input, completion_tokens: output } = data.usage;
  assert.equal(Math.round(cost * 1e9), Math.round(input * 2500 + output * 10000));
});

test('openai: a stream that did not ask for usage gets none, and is priced anyway', async () => {
  const { data: stream, response } = await openai.chat.completions
    .create({
      model: 'gpt-4o-mini',
      messages: say('Tell me a story'),
      stream: true,
      max_tokens: 60,
    })
    .withResponse();
  let text = '';
  for await (const chunk of stream) {
    assert.ok(!('usage' in chunk), 'no usage member that was not asked for');
    assert.ok(chunk.choices.length > 0, 'no extra chunk');
    text += chunk.choices[0].delta.content ?? '';
  }
  assert.ok(text.length > 0);
  const call = await record(response.headers.get('x-purser-call-id'), openai.apiKey);
  assert.equal(call.outcome, 'settled');
  assert.ok(Number(call.cost_usd) > 0);
});

test('openai: a stream that asked for usage gets exactly one usage chunk', async () => {
  const stream = await openai.chat.completions.create({
    model: 'gpt-4o-mini',
    messages: say('Count to ten'),
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: 40,
  });
  const usages = [];
  for await (const chunk of stream) {
    if (chunk.usage) usages.push(chunk.usage);
  }
  assert.equal(usages.length, 1);
  assert.ok(usages[0].total_tokens > 0);
});

test('openai: tools are called, plain and streamed', async () => {
  const asked = {
    model: 'gpt-4o',
    messages: say('Look up Purser'),
    tools,
    tool_choice: 'required',
  };
  const plain = await openai.chat.completions.create(asked);
  const call = plain.choices[0].message.tool_calls[0];
  assert.equal(call.function.name, 'look_up');
  JSON.parse(call.function.arguments);

  const runner = openai.chat.completions.stream(asked);
  const final = await runner.finalChatCompletion();
  assert.equal(final.choices[0].message.tool_calls[0].function.name, 'look_up');
  JSON.parse(final.choices[0].message.tool_calls[0].function.arguments);
});

test('openai: models are listed', async () => {
  const models = await openai.models.list();
  assert.ok(models.data.length > 3);
});

test('anthropic: a plain answer carries its usage and its cost', async () => {
  const { data, response } = await anthropic.messages
    .create({ model: 'claude-sonnet-4-6', max_tokens: 50, messages: say('Hello there') })
    .withResponse();
  assert.equal(data.type, 'message');
  const cost = Number(response.headers.get('x-purser-cost-usd'));
  assert.equal(
    Math.round(cost * 1e9),
    data.usage.input_tokens * 3000 + data.usage.output_tokens * 15000,
  );
});

test('anthropic: a stream arrives whole, and is priced', async () => {
  const stream = anthropic.messages.stream({
    model: 'claude-haiku-4-5',
    max_tokens: 80,
    messages: say('Tell me a story'),
  });
  const message = await stream.finalMessage();
  assert.ok(message.content[0].text.length > 0);
  assert.ok(message.usage.output_tokens > 0);
  const response = stream.response ?? (await stream.withResponse()).response;
  const call = await record(response.headers.get('x-purser-call-id'), anthropic.apiKey);
  assert.equal(call.outcome, 'settled');
  assert.equal(call.tokens_out, message.usage.output_tokens);
});

test('anthropic: tools are called, and tokens are counted for free', async () => {
  const asked = {
    model: 'claude-opus-5-5',
    max_tokens: 200,
    messages: say('Look up Purser'),
    tools: [{ name: 'look_up', input_schema: tools[0].function.parameters }],
    tool_choice: { type: 'any' },
  };
  const message = await anthropic.messages.create(asked);
  assert.equal(message.stop_reason, 'tool_use');
  const { max_tokens: unused, ...counted } = asked;
  const count = await anthropic.messages.countTokens(counted);
  assert.ok(count.input_tokens > 0);
});

test('a refusal for money is final in both dialects, and nobody retries it', async () => {
  const before = (await gateway.bill()).calls?.length;
  let seen = 0;
  const counting = (client) =>
    client.withOptions({
      fetch: (...args) => {
        seen += 1;
        return fetch(...args);
      },
    });
  await assert.rejects(
    counting(poor.openai).chat.completions.create({ model: 'gpt-4o', messages: say('Hello') }),
    (error) => {
      assert.equal(error.status, 402);
      assert.equal(error.type, 'insufficient_quota');
      assert.match(error.message, /daily limit of \$/);
      assert.match(error.message, /resets at \d{4}-\d\d-\d\d/);
      return true;
    },
  );
  assert.equal(seen, 1, 'openai does not retry');
  await assert.rejects(
    counting(poor.anthropic).messages.create({
      model: 'claude-haiku-4-5',
      max_tokens: 10,
      messages: say('Hello'),
    }),
    (error) => {
      assert.equal(error.status, 402);
      assert.equal(error.error.error.type, 'billing_error');
      return true;
    },
  );
  assert.equal(seen, 2, 'anthropic does not retry');
  assert.equal((await gateway.bill()).calls?.length, before, 'nothing reached the provider');
});

test('pace is refused with 429 and a short wait', async () => {
  const hasty = new OpenAI({
    apiKey: gateway.key('--user', 'hasty'),
    baseURL: `${gateway.base}/v1`,
    maxRetries: 0,
  });
  const ask = () =>
    hasty.chat.completions.create({ model: 'gpt-4o-mini', messages: say('Hi'), max_tokens: 5 });
  await ask();
  await assert.rejects(ask(), (error) => {
    assert.equal(error.status, 429);
    const wait = Number(error.headers.get('retry-after'));
    assert.ok(wait >= 1 && wait <= 60, `retry-after ${wait}`);
    return true;
  });
});

test('a provider error passes as it came', async () => {
  await assert.rejects(
    openai.chat.completions.create(
      { model: 'gpt-4o', messages: say('Hi') },
      {
        maxRetries: 0,
        headers: { 'x-simulate': '500' },
      },
    ),
    (error) => error.status === 500,
  );
});

test('an unknown key, a bad body and an unknown path are told so in the dialect', async () => {
  const stranger = new Anthropic({ apiKey: 'sk-nobody', baseURL: gateway.base, maxRetries: 0 });
  await assert.rejects(
    stranger.messages.create({ model: 'claude-haiku-4-5', max_tokens: 5, messages: say('Hi') }),
    (error) => error.status === 401 && error.error.error.type === 'authentication_error',
  );
  await assert.rejects(
    openai.chat.completions.create({ model: 7, messages: say('Hi') }),
    (error) => error.status === 400 && /model/.test(error.message),
  );
  await assert.rejects(
    openai.moderations.create({ input: 'x' }),
    (error) => error.status === 404 && /moderations/.test(error.message),
  );
});

test("ledger and provider's bill agree to the nanodollar", async () => {
  await new Promise((resolve) => setTimeout(resolve, 1500)); // the ledger folds within a second
  const bill = await gateway.bill();
  const report = JSON.parse(
    gateway.purser('report', '--config', gateway.config, '--by', 'model', '--format', 'json'),
  );
  const rows = report.rows ?? report;
  const posted = rows.reduce((sum, row) => sum + BigInt(String(row.cost_usd).replace('.', '')), 0n);
  assert.equal(posted, BigInt(bill.total_nanodollars));
  assert.match(gateway.purser('verify-books', '--config', gateway.config), /./);
});

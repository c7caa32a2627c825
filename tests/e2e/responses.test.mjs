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
  - {name: plenty, match: {user: rich}, per: user, window: day, max: {usd: "100"}}
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

test('a function call streams whole, and its output goes back in the next request', async () => {
  const input = [{ role: 'user', content: 'Look up the sea.' }];
  const { data: stream, response: began } = await openai.responses
    .create({
      model: 'gpt-4.1',
      input,
      tools,
      tool_choice: 'required',
      max_output_tokens: 90,
      stream: true,
    })
    .withResponse();
  let first;
  for await (const event of stream) first = event.response ?? first;
  await expectBilled(began.headers.get('x-purser-call-id'), first.id);
  const call = first.output.find((item) => item.type === 'function_call');
  assert.equal(call.name, 'look_up');
  input.push(...first.output, {
    type: 'function_call_output',
    call_id: call.call_id,
    output: 'It is wide.',
  });
  const { data, response } = await openai.responses
    .create({ model: 'gpt-4.1', input, max_output_tokens: 40 })
    .withResponse();
  await expectBilled(response.headers.get('x-purser-call-id'), data.id);
  const session = response.headers.get('x-purser-session');
  assert.equal(session, began.headers.get('x-purser-session'), 'found by its conversation alone');
});

test('what the provider keeps is held for: the answer before, and its prompt', async () => {
  const { data: first } = await openai.responses
    .create({ model: 'gpt-4o', input: 'word '.repeat(2_000), max_output_tokens: 16 })
    .withResponse();
  const next = await openai.responses
    .create({
      model: 'gpt-4o',
      input: 'On.',
      previous_response_id: first.id,
      max_output_tokens: 16,
    })
    .withResponse();
  assert.ok(next.data.usage.input_tokens > 2_000, 'the provider bills what it keeps');
  const held = nanos(next.response.headers.get('x-purser-held-usd'));
  const cost = nanos(next.response.headers.get('x-purser-cost-usd'));
  assert.ok(held >= cost, `held ${held}, cost ${cost}`);
  assert.ok(held < 100 * cost, `held ${held} for ${cost}: what is known is not a whole context`);
  await expectBilled(next.response.headers.get('x-purser-call-id'), next.data.id);
});

test('nobody reads or continues what another key asked', async () => {
  const { id } = await openai.responses.create({ model: 'gpt-4o', input: 'A secret.' });
  const others = new OpenAI({
    apiKey: gateway.key('--user', 'other'),
    baseURL: `${gateway.base}/v1`,
  });
  await assert.rejects(others.responses.retrieve(id), { status: 404 });
  await assert.rejects(
    others.responses.create({ model: 'gpt-4o', input: 'And?', previous_response_id: id }),
    { status: 400 },
  );
  assert.equal((await openai.responses.retrieve(id)).id, id);
});

test('batches, files and forms are refused with a reason', async () => {
  await assert.rejects(openai.batches.list(), (error) => {
    assert.equal(error.status, 404);
    assert.match(error.message, /does not pass on batches/);
    return true;
  });
  const form = new FormData();
  form.set('model', 'gpt-image-2');
  const response = await fetch(`${gateway.base}/v1/images/edits`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: form,
  });
  assert.equal(response.status, 400);
  assert.match((await response.json()).error.message, /as JSON, not as a form/);
});

test('searches have a price each', async () => {
  const { data, response } = await openai.responses
    .create({
      model: 'gpt-6-sol',
      input: 'What is new?',
      tools: [{ type: 'web_search' }, { type: 'file_search', vector_store_ids: ['v'] }],
      max_output_tokens: 60,
      metadata: { simulate: 'search=3 no-tool' },
    })
    .withResponse();
  const mine = await expectBilled(response.headers.get('x-purser-call-id'), data.id);
  assert.equal(nanos(mine.cost_usd) > 3 * 10_000_000 + 3 * 2_500_000, true);
});

test('a call in the background stays held until its answer is fetched', async () => {
  const { data: queued, response } = await openai.responses
    .create({ model: 'gpt-6-sol', input: 'Think.', background: true, max_output_tokens: 200 })
    .withResponse();
  assert.equal(queued.status, 'queued');
  assert.equal(response.headers.get('x-purser-cost-usd'), null, 'nobody knows yet');
  const id = response.headers.get('x-purser-call-id');
  const open = await fetch(`${gateway.base}/metrics`).then((page) => page.text());
  assert.match(open, /^purser_open_holds 1$/m);
  assert.equal((await openai.responses.retrieve(queued.id)).status, 'in_progress');
  const done = await openai.responses.retrieve(queued.id);
  assert.ok(['completed', 'incomplete'].includes(done.status));
  const mine = await expectBilled(id, queued.id);
  assert.equal(mine.outcome, 'settled');
  await openai.responses.retrieve(queued.id); // a second look costs nothing
  assert.match(
    await fetch(`${gateway.base}/metrics`).then((page) => page.text()),
    /^purser_open_holds 0$/m,
  );
});

test('a call in the background may be followed as a stream', async () => {
  const queued = await openai.responses.create({
    model: 'gpt-6-sol',
    input: 'Think again.',
    background: true,
    max_output_tokens: 100,
  });
  let last;
  const stream = await openai.responses.retrieve(queued.id, { stream: true, starting_after: 1 });
  for await (const event of stream) last = event;
  assert.ok(['response.completed', 'response.incomplete'].includes(last.type));
  assert.ok(last.sequence_number > 1);
  assert.match(
    await fetch(`${gateway.base}/metrics`).then((page) => page.text()),
    /^purser_open_holds 0$/m,
  );
});

test('a cancelled call in the background is presumed at its hold', async () => {
  const { data: queued, response } = await openai.responses
    .create({ model: 'gpt-6-sol', input: 'Never mind.', background: true, max_output_tokens: 100 })
    .withResponse();
  assert.equal((await openai.responses.cancel(queued.id)).status, 'cancelled');
  const mine = await record(response.headers.get('x-purser-call-id'));
  assert.equal(mine.outcome, 'presumed');
  assert.ok(nanos(mine.cost_usd) >= (await billed(queued.id)).nanodollars);
});

test('a stream past its hold is ended by a response that says so', async () => {
  const stream = openai.responses.stream({
    model: 'gpt-4.1',
    input: 'Go on and on.',
    max_output_tokens: 40,
    metadata: { simulate: 'ignore-cap output=4000 per-token=200' },
  });
  let last;
  for await (const event of stream) last = event;
  assert.equal(last.type, 'response.incomplete');
  assert.equal(last.response.incomplete_details.reason, 'max_output_tokens');
  const [message] = last.response.output;
  assert.equal(message.status, 'incomplete');
  assert.ok(message.content[0].text.length > 100);
});

test('errors in the middle of a stream are the provider’s own', async () => {
  const stream = await openai.responses.create({
    model: 'gpt-4o',
    input: 'Fail.',
    stream: true,
    max_output_tokens: 100,
    metadata: { simulate: 'error=5 output=50' },
  });
  await assert.rejects(async () => {
    for await (const event of stream) if (event.type === 'error') throw new Error(event.message);
  }, /error/i);
});

test('money refuses in the words of each dialect, and nobody retries', async () => {
  const asks = [
    () => poor.responses.create({ model: 'gpt-4o', input: 'x' }),
    () => poor.embeddings.create({ model: 'text-embedding-3-small', input: 'x' }),
    () => poor.completions.create({ model: 'gpt-4o-mini', prompt: 'x' }),
    () => poor.images.generate({ model: 'gpt-image-2', prompt: 'x' }),
  ];
  for (const ask of asks) {
    await assert.rejects(ask, (error) => {
      assert.equal(error.status, 402);
      assert.equal(error.type, 'insufficient_quota');
      return true;
    });
  }
});

test('embeddings are billed by their prompts', async () => {
  for (const input of ['one text', ['one', 'two', 'three'], [1, 2, 3], [[1, 2], [3]]]) {
    const { data, response } = await openai.embeddings
      .create(
        { model: 'text-embedding-3-small', input },
        { headers: { 'x-request-tag': `embed-${JSON.stringify(input)}` } },
      )
      .withResponse();
    assert.equal(data.data[0].embedding.length, 8);
    const bill = await gateway.billByTag();
    const cost = nanos(response.headers.get('x-purser-cost-usd'));
    assert.equal(BigInt(cost), bill.get(`embed-${JSON.stringify(input)}`));
    assert.equal(cost, Math.floor(data.usage.prompt_tokens * 20 + 0.5));
  }
});

test('legacy completions, whole and streamed', async () => {
  const { data, response } = await openai.completions
    .create({ model: 'gpt-4o-mini', prompt: ['a', 'b'], n: 2, max_tokens: 30 })
    .withResponse();
  assert.equal(data.choices.length, 4);
  await expectBilled(response.headers.get('x-purser-call-id'), data.id);
  const stream = await openai.completions.create({
    model: 'gpt-4o-mini',
    prompt: 'Say something.',
    max_tokens: 40,
    stream: true,
  });
  let id;
  let text = '';
  for await (const chunk of stream) {
    id = chunk.id;
    assert.equal('usage' in chunk, false, 'nobody asked for it');
    text += chunk.choices[0]?.text ?? '';
  }
  assert.ok(text.length > 0);
  assert.ok((await billed(id)).nanodollars > 0);
});

test('a websocket is refused in the way that makes Codex fall back', async () => {
  const response = await fetch(`${gateway.base}/v1/responses`, {
    headers: { authorization: `Bearer ${key}` },
  });
  assert.equal(response.status, 426);
});

test('the ledger and the bill agree over everything above', async () => {
  const bill = await gateway.bill();
  assert.ok(bill.billed_calls > 15);
  gateway.purser('verify-books', '--config', gateway.config);
});

// gemini.test.mjs — Google's client and Vercel's through Purser: as against Google itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { ApiError, FunctionCallingConfigMode, GoogleGenAI } from '@google/genai';
import { embed, generateText, streamText } from 'ai';
import { startGateway } from './gateway.mjs';

const model = 'gemini-2.5-flash';
const lookUp = {
  name: 'look_up',
  description: 'Looks something up.',
  parametersJsonSchema: {
    type: 'object',
    properties: { what: { type: 'string' } },
    required: ['what'],
  },
};

let gateway;
let key;
let google;
let poor; // a user whose limit is used up at once
let hasty; // one who may call once a minute
let calm; // one whose calls are kept small

const clientOf = (apiKey, headers = {}) =>
  new GoogleGenAI({ apiKey, httpOptions: { baseUrl: gateway.base, headers } });

before(async () => {
  gateway = await startGateway({
    yaml: `
limits:
  - {name: nothing, match: {user: poor}, per: user, window: day, max: {usd: "0.000000001"}}
  - {name: paced, match: {user: hasty}, per: user, window: minute, max: {calls: 1}}
calls:
  - {match: {user: calm}, effort_max: low, output_max: 30}
`,
  });
  key = gateway.key('--user', 'rich', '--tier', 'paid');
  poor = gateway.key('--user', 'poor', '--tier', 'free');
  hasty = gateway.key('--user', 'hasty', '--tier', 'free');
  calm = gateway.key('--user', 'calm', '--tier', 'paid');
  google = clientOf(key);
});
after(() => gateway?.stop());

/** The record of one call, once it is in the ledger. */
async function record(id, secret = key) {
  const response = await fetch(`${gateway.base}/v1/calls/${id}`, {
    headers: { 'x-goog-api-key': secret },
  });
  assert.equal(response.status, 200, `record of ${id}`);
  return response.json();
}

/** The provider's bill for the call that carried `tag`, and what the ledger has for its session. */
async function assertBilled(tag) {
  const billed = (await gateway.billByTag()).get(tag);
  for (let tries = 0; tries < 50; tries += 1) {
    const spent = gateway.spent('session').get(tag);
    if (spent?.cost === billed) {
      assert.equal(spent.uncertain, 0n, tag);
      return billed;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`${tag}: billed ${billed}, booked ${gateway.spent('session').get(tag)?.cost}`);
}

function tagged(tag, words = '') {
  const headers = { 'x-request-tag': tag, 'x-purser-session': tag };
  return clientOf(key, words ? { ...headers, 'x-simulate': words } : headers);
}

function ask(path, body, headers = {}) {
  return fetch(`${gateway.base}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': key, ...headers },
    body: JSON.stringify(body),
  });
}
const say = (text) => ({ contents: [{ role: 'user', parts: [{ text }] }] });

test('@google/genai: a plain answer carries its usage and its cost', async () => {
  const answer = await tagged('plain').models.generateContent({
    model,
    contents: 'Hello there',
    config: { maxOutputTokens: 50 },
  });
  assert.ok(answer.text.length > 0 || answer.usageMetadata.thoughtsTokenCount === 50);
  const { promptTokenCount, candidatesTokenCount = 0, thoughtsTokenCount = 0 } =
    answer.usageMetadata;
  assert.ok(candidatesTokenCount + thoughtsTokenCount <= 50);
  const cost = Number(answer.sdkHttpResponse.headers['x-purser-cost-usd']);
  assert.equal(
    Math.round(cost * 1e9),
    promptTokenCount * 300 + (candidatesTokenCount + thoughtsTokenCount) * 2500,
  );
  assert.ok((await assertBilled('plain')) > 0n);
});

test('@google/genai: a stream is metered as it is billed', async () => {
  const stream = await tagged('stream').models.generateContentStream({
    model: 'gemini-3.5-flash',
    contents: 'Tell me a story',
    config: { maxOutputTokens: 400 },
  });
  let text = '';
  let usage;
  let finish;
  for await (const chunk of stream) {
    text += chunk.text ?? '';
    usage = chunk.usageMetadata ?? usage;
    finish = chunk.candidates?.[0]?.finishReason ?? finish;
  }
  assert.ok(text.length > 0);
  assert.ok(usage.totalTokenCount > usage.promptTokenCount);
  assert.match(finish, /^(STOP|MAX_TOKENS)$/);
  assert.ok((await assertBilled('stream')) > 0n);
});

test('without alt=sse a stream is one JSON array, metered alike', async () => {
  for (const words of ['', 'drip']) {
    const tag = `array-${words}`;
    const answer = await ask(
      `/v1beta/models/${model}:streamGenerateContent`,
      { ...say('Tell me a story'), generationConfig: { maxOutputTokens: 60 } },
      { 'x-request-tag': tag, 'x-purser-session': tag, 'x-simulate': words },
    );
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type'), /application\/json/);
    const chunks = await answer.json();
    assert.ok(chunks.length > 0);
    assert.ok(chunks.at(-1).candidates[0].finishReason);
    assert.ok((await assertBilled(tag)) > 0n);
  }
});

test('@google/genai: functions are called, plain and streamed', async () => {
  const asked = {
    model,
    contents: 'Look up Purser',
    config: {
      tools: [{ functionDeclarations: [lookUp] }],
      toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } },
    },
  };
  const plain = await google.models.generateContent(asked);
  assert.equal(plain.functionCalls[0].name, 'look_up');
  assert.equal(typeof plain.functionCalls[0].args.what, 'string');
  const calls = [];
  for await (const chunk of await google.models.generateContentStream(asked)) {
    calls.push(...(chunk.functionCalls ?? []));
  }
  assert.equal(calls[0].name, 'look_up');
});

test('thoughts, cached prompts, flex and searches cost what they are billed', async () => {
  const long = 'word '.repeat(4000);
  const calls = {
    thoughts: { config: { maxOutputTokens: 300 }, words: 'output=200 reasoning=150' },
    'cache-1': { contents: long, words: 'output=5' },
    'cache-2': { contents: long, words: 'output=5' },
    flex: { config: { serviceTier: 'flex' }, words: 'output=100' },
    search: { config: { tools: [{ googleSearch: {} }] }, words: 'search=3' },
    'search-3': {
      model: 'gemini-3.5-flash',
      config: { tools: [{ googleSearch: {} }] },
      words: 'search=3',
    },
    long: { model: 'gemini-2.5-pro', contents: 'word '.repeat(170_000), words: 'output=9' },
    two: { config: { candidateCount: 2, maxOutputTokens: 40 } },
    blocked: { words: 'refusal' },
  };
  for (const [tag, { words = '', contents = 'Hello', config, ...more }] of Object.entries(calls)) {
    const answer = await tagged(tag, words).models.generateContent({
      model,
      contents,
      config,
      ...more,
    });
    assert.ok(answer.usageMetadata.promptTokenCount > 0, tag);
    if (tag === 'cache-2') assert.ok(answer.usageMetadata.cachedContentTokenCount > 1000);
    await assertBilled(tag);
  }
});

test('embeddings are metered, and counted where their answer says nothing', async () => {
  const answer = await tagged('embed').models.embedContent({
    model: 'gemini-embedding-2',
    contents: ['one text', 'another'],
  });
  assert.ok(answer.embeddings.length > 0);
  assert.ok((await assertBilled('embed')) > 0n);

  const text = 'A sentence of ten words costs about ten tokens here. '.repeat(40);
  await tagged('silent').models.embedContent({ model: 'gemini-embedding-001', contents: text });
  const billed = (await gateway.billByTag()).get('silent');
  let spent;
  for (let tries = 0; tries < 50 && !spent; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    spent = gateway.spent('session').get('silent');
  }
  assert.equal(spent.uncertain, spent.cost);
  assert.ok(spent.cost >= billed && spent.cost < 2n * billed, `${spent.cost} for ${billed}`);
});

test('tokens are counted and models listed for nothing', async () => {
  const before = (await gateway.bill()).total_nanodollars;
  const counted = await google.models.countTokens({ model, contents: 'How many?' });
  assert.ok(counted.totalTokens > 0);
  const names = [];
  for await (const each of await google.models.list()) names.push(each.name);
  assert.ok(names.includes(`models/${model}`));
  assert.equal((await google.models.get({ model })).name, `models/${model}`);
  assert.equal((await gateway.bill()).total_nanodollars, before);
});

test('a refusal is an ApiError that nobody retries, in the framing asked for', async () => {
  const calls = (await gateway.bill()).calls;
  await assert.rejects(
    clientOf(poor).models.generateContent({ model, contents: 'Hello' }),
    (error) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.status, 402);
      const body = JSON.parse(error.message).error;
      assert.equal(body.code, 402);
      assert.equal(body.status, 'PERMISSION_DENIED');
      assert.match(body.message, /insufficient_quota/);
      return true;
    },
  );
  const array = await ask(`/v1beta/models/${model}:streamGenerateContent`, say('Hello'), {
    'x-goog-api-key': poor,
  });
  assert.equal(array.status, 402);
  assert.equal((await array.json())[0].error.code, 402);
  assert.equal((await gateway.bill()).calls, calls, 'none of them left');

  await clientOf(hasty).models.generateContent({ model, contents: 'Hello' });
  const paced = await ask(`/v1beta/models/${model}:generateContent`, say('Hello'), {
    'x-goog-api-key': hasty,
  });
  const { error } = await paced.json();
  assert.equal(paced.status, 429);
  assert.equal(error.status, 'RESOURCE_EXHAUSTED');
  assert.match(error.details[0].retryDelay, /^\d+s$/);
});

test('what is not metered is refused and says what is', async () => {
  for (const [path, words] of [
    [`/v1beta/models/${model}:batchGenerateContent`, /generateContent/],
    [`/v1beta/models/${model}:predict`, /generateContent/],
    ['/v1beta/cachedContents', /billed by the hour/],
    ['/upload/v1beta/files', /inlineData/],
    ['/v1beta/interactions', /generateContent/],
  ]) {
    const answer = await ask(path, say('Hello'));
    assert.equal(answer.status, 404, path);
    const { error } = await answer.json();
    assert.equal(error.status, 'NOT_FOUND');
    assert.match(error.message, words);
  }
});

test('a key in the query names the caller and stays here', async () => {
  const answer = await fetch(`${gateway.base}/v1/models/${model}:generateContent?key=${key}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(say('Hello')),
  });
  assert.equal(answer.status, 200);
  const call = await record(answer.headers.get('x-purser-call-id'));
  assert.equal(call.outcome, 'settled', 'it is a call of this key');
});

test('a provider is named in the path, or in front of the model', async () => {
  for (const path of [
    `/google/v1beta/models/${model}:generateContent`,
    `/v1beta/models/google/${model}:generateContent`,
    `/v1/models/${model}:generateContent`,
  ]) {
    const answer = await ask(path, say('Hello'));
    assert.equal(answer.status, 200, path);
    assert.equal((await answer.json()).modelVersion, model);
  }
  const elsewhere = await ask(`/openai/v1beta/models/${model}:generateContent`, say('Hello'));
  assert.equal(elsewhere.status, 404);
  assert.match((await elsewhere.json()).error.message, /does not speak gemini/);
});

test('a verdict is asked for with the model in the body', async () => {
  const answer = await ask('/v1/verdict?dialect=gemini', { ...say('Hello'), model });
  const verdict = await answer.json();
  assert.equal(verdict.decision, 'admit');
  assert.equal(verdict.provider, 'google');
  assert.equal(verdict.model, model);
});

test('effort and output are lowered where a rule says so', async () => {
  for (const thinkingConfig of [{ thinkingBudget: 20000 }, { thinkingLevel: 'HIGH' }]) {
    const answer = await clientOf(calm, { 'x-simulate': 'output=100 reasoning=0' }).models
      .generateContent({ model, contents: 'Hello', config: { thinkingConfig } });
    const edits = answer.sdkHttpResponse.headers['x-purser-edits'];
    assert.match(edits, /effort=low/);
    assert.match(edits, /output_max=30/);
    assert.equal(answer.usageMetadata.candidatesTokenCount, 30);
    assert.equal(answer.candidates[0].finishReason, 'MAX_TOKENS');
  }
});

test('a stream past its hold is ended in its own framing', async () => {
  const asked = { ...say('Go on'), generationConfig: { maxOutputTokens: 20 } };
  const words = { 'x-simulate': 'ignore-cap output=4000 reasoning=0 per-token=100' };
  const array = await ask(`/v1beta/models/${model}:streamGenerateContent`, asked, {
    ...words,
    'x-purser-session': 'cut-array',
  });
  const chunks = await array.json();
  assert.equal(chunks.at(-1).candidates[0].finishReason, 'MAX_TOKENS');

  const stream = await clientOf(key, words).models.generateContentStream({
    model,
    contents: 'Go on',
    config: { maxOutputTokens: 20 },
  });
  let finish;
  for await (const chunk of stream) finish = chunk.candidates[0].finishReason ?? finish;
  assert.equal(finish, 'MAX_TOKENS');
});

test('ai: text, streams and vectors through @ai-sdk/google', async () => {
  const provider = createGoogleGenerativeAI({ apiKey: key, baseURL: `${gateway.base}/v1beta` });
  const plain = await generateText({ model: provider(model), prompt: 'Hello', maxRetries: 0 });
  assert.ok(plain.usage.totalTokens > 0);
  assert.equal(plain.response.headers['x-purser-call-id'].startsWith('call_'), true);

  const stream = streamText({ model: provider(model), prompt: 'A story', maxRetries: 0 });
  let text = '';
  for await (const piece of stream.textStream) text += piece;
  assert.ok(text.length > 0);
  assert.ok((await stream.usage).outputTokens > 0);

  const vector = await embed({
    model: provider.textEmbeddingModel('gemini-embedding-2'),
    value: 'one text',
    maxRetries: 0,
  });
  assert.equal(vector.embedding.length, 3);
});

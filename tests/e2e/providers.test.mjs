// providers.test.mjs — several providers of one dialect behind one gateway: chosen by path, header
// or model, each asked as it wants to be asked, each with a bill that the ledger equals.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { writeFileSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI, { AzureOpenAI } from 'openai';
import { freePort, startGateway, startProvider } from './gateway.mjs';

const nanos = (dollars) => BigInt(Number(dollars).toFixed(9).replace('.', ''));
const messages = [{ role: 'user', content: 'Which of you answers?' }];

let east;
let west;
let recorder; // a server of neither's, which keeps what it is asked
let gateway;
let key;

/** Answers every call with one usage, and keeps the requests. */
async function startRecorder() {
  const seen = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const bytes of request) body += bytes;
    seen.push({ path: request.url, headers: request.headers, body: body && JSON.parse(body) });
    const answer = {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'gpt-4o-2024-08-06',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'I.' } }],
      usage: { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 },
    };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
  const port = await freePort();
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    last: () => seen.at(-1),
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

before(async () => {
  [west, recorder] = [await startProvider(), await startRecorder()];
  gateway = await startGateway({
    providers: (address) => `
  east: {like: openai, base_url: "${address}/v1", api_key_env: SIMULATED_KEY}
  west:
    like: openai
    base_url: "${west.provider}/v1"
    api_key_env: SIMULATED_KEY
    models: ["gpt-5*"]
  claude: {like: anthropic, base_url: "${west.provider}", api_key_env: SIMULATED_KEY}
  groq:
    base_url: "${recorder.url}/openai/v1"
    api_key_env: SIMULATED_KEY
    headers: {X-Title: a title}
    headers_env: {X-From-Env: SIMULATED_KEY}
  azure:
    base_url: "${recorder.url}"
    api_key_env: SIMULATED_KEY
    models_as: {prod-4o: gpt-4o, small: gpt-4o-mini}
  zai: {base_url: "${recorder.url}/api/paas/v4", api_key_env: SIMULATED_KEY}
  perplexity: {base_url: "${recorder.url}", api_key_env: SIMULATED_KEY}
  ollama: {base_url: "${recorder.url}/v1"}`,
  });
  east = { provider: gateway.provider, billByTag: gateway.billByTag };
  key = gateway.key('--user', 'ada');
});
after(async () => {
  await gateway?.stop();
  await west?.stop();
  await recorder?.stop();
});

/** The call's row in the books, once it is there. */
async function row(id) {
  for (let tries = 0; tries < 200; tries += 1) {
    const found = await fetch(`${gateway.base}/v1/calls/${id}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    if (found.ok) return found.json();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return assert.fail(`${id} is in no book`);
}

/** A call by the official client: its row in the books, and what was changed in it. */
async function call({ path = '/v1', model, headers = {}, tag, stream = false }) {
  const client = new OpenAI({
    apiKey: key,
    baseURL: gateway.base + path,
    maxRetries: 0,
    defaultHeaders: { ...headers, 'x-request-tag': tag },
  });
  const { data, response } = await client.chat.completions
    .create({ model, messages, max_completion_tokens: 200, stream })
    .withResponse();
  let words = '';
  if (stream) {
    for await (const chunk of data) words += chunk.choices[0]?.delta?.content ?? '';
  } else {
    words = data.choices[0].message.content ?? '';
  }
  assert.equal(typeof words, 'string');
  return {
    row: await row(response.headers.get('x-purser-call-id')),
    edits: response.headers.get('x-purser-edits') ?? '',
  };
}

for (const [what, provider, ask] of [
  ['nobody says anything', 'east', { model: 'gpt-4o' }],
  ['the path names it', 'west', { path: '/west/v1', model: 'gpt-4o' }],
  ['the header names it', 'west', { headers: { 'x-purser-provider': 'west' }, model: 'gpt-4o' }],
  ['Portkey names it', 'west', { headers: { 'x-portkey-provider': '@west' }, model: 'gpt-4o' }],
  ['its models are listed', 'west', { model: 'gpt-5.4-mini' }],
  ['it stands before the model', 'west', { model: 'west/gpt-4o' }],
  ['the path comes before the list', 'east', { path: '/east/v1', model: 'gpt-5.4-mini' }],
]) {
  for (const stream of [false, true]) {
    const how = stream ? ', streaming' : '';
    test(`${what}: ${provider} is asked and its bill is the ledger's${how}`, async () => {
      const tag = `${what}-${stream}`;
      const { row: written, edits } = await call({ ...ask, tag, stream });
      assert.equal(written.provider, provider);
      assert.equal(written.outcome, 'settled');
      const bills = { east: await east.billByTag(), west: await west.billByTag() };
      assert.equal(bills[provider].get(tag), nanos(written.cost_usd));
      assert.ok(nanos(written.cost_usd) > 0n);
      assert.equal(bills[provider === 'east' ? 'west' : 'east'].get(tag), undefined);
      const prefixed = ask.model.startsWith('west/');
      assert.equal(edits.includes('provider=west'), prefixed, edits);
      assert.equal(written.model_asked, prefixed ? 'gpt-4o' : ask.model);
    });
  }
}

test('anthropic: a provider of another name serves its dialect, and is asked by path', async () => {
  for (const [base, name] of [
    [gateway.base, 'claude/'],
    [`${gateway.base}/claude`, ''],
  ]) {
    const client = new Anthropic({ apiKey: key, baseURL: base, maxRetries: 0 });
    const { response } = await client.messages
      .create({ model: `${name}claude-haiku-4-5`, max_tokens: 50, messages })
      .withResponse();
    const written = await row(response.headers.get('x-purser-call-id'));
    assert.equal(written.provider, 'claude');
    assert.equal(written.outcome, 'settled');
    const count = await client.messages.countTokens({
      model: `${name}claude-haiku-4-5`,
      messages,
    });
    assert.ok(count.input_tokens > 0);
  }
});

test('the models of the provider that is named are listed', async () => {
  const client = new OpenAI({ apiKey: key, baseURL: `${gateway.base}/west/v1` });
  const models = await client.models.list();
  assert.ok(models.data.some((model) => model.id === 'gpt-4o'));
});

test('a name nobody has is refused with those there are', async () => {
  for (const ask of [
    { path: '/nowhere/v1' },
    { headers: { 'x-purser-provider': 'nowhere' } },
    { headers: { 'x-purser-provider': 'claude' } },
  ]) {
    await assert.rejects(
      call({ ...ask, model: 'gpt-4o', tag: 'refused' }),
      (error) =>
        error.status === 404 &&
        (ask.headers?.['x-purser-provider'] === 'claude'
          ? /claude does not speak chat/.test(error.message)
          : /no provider is called 'nowhere'.*east, west/.test(error.message)),
    );
  }
  const page = await fetch(`${gateway.base}/west/metrics`);
  assert.equal(page.status, 404, 'what is Purser’s own is at no provider');
});

test('each is asked at its own path, with its own header, fields and bound', async () => {
  const from = { tag: 'recorded' };
  const model = 'llama-3.3-70b-versatile';
  for (const path of ['/groq/v1', '/groq/openai/v1', '/groq']) {
    const { row: written } = await call({ ...from, path, model });
    assert.equal(written.provider, 'groq');
    const seen = recorder.last();
    assert.equal(seen.path, '/openai/v1/chat/completions');
    assert.equal(seen.headers.authorization, 'Bearer sk-simulated');
    assert.equal(seen.headers['x-title'], 'a title');
    assert.equal(seen.headers['x-from-env'], 'sk-simulated');
    assert.equal(seen.body.max_completion_tokens, 200);
  }
  await call({ ...from, model: 'zai/glm-5.3', headers: { 'x-title': 'a caller' } });
  assert.equal(recorder.last().path, '/api/paas/v4/chat/completions');
  assert.equal(recorder.last().body.model, 'glm-5.3');
  assert.equal(recorder.last().headers['x-title'], 'a caller');
  await call({ ...from, path: '/perplexity', model: 'sonar' });
  assert.equal(recorder.last().path, '/chat/completions');
});

test('a server of one’s own needs no key and no price', async () => {
  const { row: written } = await call({ path: '/ollama/v1', model: 'qwen3:8b', tag: 'own' });
  assert.equal(written.provider, 'ollama');
  assert.equal(nanos(written.cost_usd), 0n);
  assert.equal(recorder.last().headers.authorization, undefined, 'a key of Purser’s stays here');
});

test('azure: deployments are priced as their models, on both of its APIs', async () => {
  const price = 1000n * 2500n + 100n * 10_000n; // nanodollars a token of gpt-4o
  const { row: written } = await call({ path: '/azure/openai/v1', model: 'prod-4o', tag: 'azure' });
  assert.equal(nanos(written.cost_usd), price);
  assert.equal(recorder.last().path, '/openai/v1/chat/completions');
  assert.equal(recorder.last().headers['api-key'], 'sk-simulated');
  assert.equal(recorder.last().headers.authorization, undefined);

  const client = new AzureOpenAI({
    apiKey: key,
    endpoint: `${gateway.base}/azure`,
    deployment: 'prod-4o',
    apiVersion: '2024-10-21',
  });
  const { response } = await client.chat.completions
    .create({ model: 'whatever', messages, max_tokens: 200 })
    .withResponse();
  assert.equal(
    recorder.last().path,
    '/openai/deployments/prod-4o/chat/completions?api-version=2024-10-21',
  );
  assert.equal(recorder.last().headers['api-key'], 'sk-simulated');
  const older = await row(response.headers.get('x-purser-call-id'));
  assert.equal(older.provider, 'azure');
  assert.equal(older.model_asked, 'prod-4o');
  assert.equal(nanos(older.cost_usd), price);
});

test('a verdict is given for the provider that would be asked', async () => {
  for (const [model, provider] of [
    ['west/gpt-4o', 'west'],
    ['gpt-4o', 'east'],
  ]) {
    const response = await fetch(`${gateway.base}/v1/verdict`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ model, messages, max_completion_tokens: 10 }),
    });
    const verdict = await response.json();
    assert.equal(verdict.provider, provider);
    assert.equal(verdict.decision, 'admit');
    assert.equal(verdict.model, 'gpt-4o');
  }
});

test('a reload changes who is asked', async () => {
  const text = readFileSync(gateway.config, 'utf8');
  writeFileSync(gateway.config, text.replace('models: ["gpt-5*"]', 'models: ["gpt-4.1*"]'));
  for (let tries = 0; !gateway.output().includes('is in force') && tries < 200; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const [listed, other] = ['gpt-4.1', 'gpt-5.4-mini'];
  assert.equal((await call({ model: listed, tag: 'after' })).row.provider, 'west');
  assert.equal((await call({ model: other, tag: 'after' })).row.provider, 'east');
});

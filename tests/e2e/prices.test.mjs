// prices.test.mjs — what decides a price beside the tokens: the tier a project falls back to, and
// the passes an answer is made of, priced anew when a price was wrong.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { startGateway } from './gateway.mjs';

const nanos = (dollars) => BigInt(Number(dollars).toFixed(9).replace('.', ''));

async function post(gateway, key, path, body, words = '') {
  const response = await fetch(gateway.base + path, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'anthropic-version': '2023-06-01',
      'x-request-tag': words || 'plain',
      ...(words ? { 'x-simulate': words } : {}),
    },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Price this.' }], ...body }),
  });
  assert.equal(response.status, 200, await response.clone().text());
  await response.arrayBuffer();
  const id = response.headers.get('x-purser-call-id');
  for (let tries = 0; tries < 200; tries += 1) {
    const row = await fetch(`${gateway.base}/v1/calls/${id}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    if (row.ok) return row.json();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return assert.fail(`${id} is in no book`);
}

test('a call that asks for no tier is held at the dearest its project may give it', async () => {
  const usual = await startGateway();
  const project = await startGateway({ openaiMore: 'service_tier_default: priority' });
  try {
    const key = project.key('--user', 'ada');
    const ask = { model: 'gpt-6-sol', max_completion_tokens: 100 };
    const path = '/v1/chat/completions';
    const standard = await post(usual, usual.key('--user', 'ada'), path, ask, 'output=50');
    const fast = await post(project, key, path, ask, 'output=50 priority');
    const slow = await post(project, key, path, ask, 'output=50');
    const said = await post(project, key, path, { ...ask, service_tier: 'default' }, 'output=49');
    assert.equal(nanos(fast.held_usd), 2n * nanos(standard.held_usd));
    assert.equal(slow.held_usd, fast.held_usd, 'nobody knows before the answer');
    // Its body is a few bytes longer.
    assert.ok(said.held_usd < 1.1 * standard.held_usd, 'what is asked for is not the default');
    const billed = await project.billByTag();
    for (const [row, tag] of [
      [fast, 'output=50 priority'],
      [slow, 'output=50'],
      [said, 'output=49'],
    ]) {
      assert.equal(nanos(row.cost_usd), billed.get(tag), `${tag}: the tier its answer names`);
      assert.ok(nanos(row.cost_usd) <= nanos(row.held_usd));
    }
    assert.equal(nanos(fast.cost_usd), 2n * nanos(slow.cost_usd));
  } finally {
    await usual.stop();
    await project.stop();
  }
});

/** A provider whose answer took three passes, one of them an advisor's. */
function advised() {
  const pass = (input, output, more) => ({
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    input_tokens: input,
    output_tokens: output,
    ...more,
  });
  const answer = {
    id: 'msg_advised',
    type: 'message',
    role: 'assistant',
    model: 'claude-opus-5-5',
    content: [{ type: 'text', text: 'Done.' }],
    stop_reason: 'end_turn',
    usage: {
      ...pass(300, 70),
      service_tier: 'standard',
      server_tool_use: { web_search_requests: 1 },
      iterations: [
        pass(100, 20, { type: 'message' }),
        pass(1_000, 40, { type: 'advisor_message', model: 'claude-haiku-4-5' }),
        pass(200, 50, { type: 'message' }),
      ],
    },
  };
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

test('a call of several passes is priced anew pass by pass', async () => {
  const server = await advised();
  const gateway = await startGateway({ anthropic: `http://127.0.0.1:${server.address().port}` });
  try {
    const key = gateway.key('--user', 'ada');
    const row = await post(gateway, key, '/v1/messages', {
      model: 'claude-opus-5-5',
      max_tokens: 500,
    });
    // 300 and 70 at 4 and 20 dollars, 1,000 and 40 at 1 and 5, one search.
    assert.equal(nanos(row.cost_usd), 300n * 4_000n + 70n * 20_000n + 1_200_000n + 10_000_000n);
    const folder = join(gateway.folder, 'own');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'anthropic.json'),
      JSON.stringify({
        provider: 'anthropic',
        rows: [
          {
            models: ['claude-haiku-4-5'],
            checked: '2026-11-23',
            source: 'test',
            pinned: true,
            usd_per_mtok: { input: '1.5', output: '5' },
          },
        ],
      }),
    );
    const other = join(gateway.folder, 'other.yaml');
    writeFileSync(other, `${readFileSync(gateway.config, 'utf8')}prices: ${folder}\n`);
    const plan = (...more) =>
      JSON.parse(
        gateway.purser('re-rate', '--config', other, '--since', '1h', '--format', 'json', ...more),
      );
    const rows = (found) => found.rows ?? found;
    for (const model of ['claude-haiku-4-5', 'claude-opus-5-5']) {
      const [change, ...rest] = rows(plan('--model', model));
      assert.equal(rest.length, 0);
      assert.equal(nanos(change.becomes_usd) - nanos(change.was_usd), 1_000n * 500n);
    }
    assert.equal(rows(plan('--model', 'claude-sonnet-5')).length, 0);
  } finally {
    await gateway.stop();
    server.close();
  }
});

// books.test.mjs — the bill is the bill: under concurrency, faults, leaving clients, and kill -9.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from './gateway.mjs';

/** Small, seeded chance (mulberry32): a failure is replayed by its seed. */
function chance(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const models = {
  chat: ['gpt-4o', 'gpt-4o-mini', 'gpt-5.6-sol', 'gpt-6-luna', 'gpt-6.2-sol'],
  responses: ['gpt-4.1', 'gpt-5.6-sol', 'gpt-6-luna', 'gpt-6.2-sol'],
  embeddings: ['text-embedding-3-small'],
  completions: ['gpt-4o', 'gpt-4o-mini'],
  messages: ['claude-opus-5-5', 'claude-haiku-5-5', 'claude-sonnet-4-6', 'claude-haiku-4-5'],
  gemini: ['gemini-2.5-flash', 'gemini-2.5-pro', 'gemini-3.5-flash', 'gemini-3.1-pro-preview'],
};
const names = Object.keys(models);

/** Google's streams come as events or as one array. */
function geminiPath(model, stream, tag) {
  const events = tag.length % 2 === 0 ? '?alt=sse' : '';
  return `/v1beta/models/${model}:${stream ? `streamGenerateContent${events}` : 'generateContent'}`;
}

const messages = (text) => [{ role: 'user', content: text }];
/** Where each dialect is spoken, and how the same question is put in it. */
const dialects = {
  chat: {
    path: '/v1/chat/completions',
    body: (text, max) => ({ max_completion_tokens: max, messages: messages(text) }),
  },
  responses: {
    path: '/v1/responses',
    body: (text, max) => ({ max_output_tokens: Math.max(16, max), input: messages(text) }),
  },
  embeddings: { path: '/v1/embeddings', body: (text) => ({ input: text, stream: undefined }) },
  completions: {
    path: '/v1/completions',
    body: (text, max) => ({ max_tokens: max, prompt: text }),
  },
  messages: {
    path: '/v1/messages',
    body: (text, max) => ({ max_tokens: max, messages: messages(text) }),
  },
  gemini: {
    // Its path says the model and whether it streams, so the body does not.
    body: (text, max) => ({
      model: undefined,
      stream: undefined,
      contents: [{ role: 'user', parts: [{ text }] }],
      generationConfig: { maxOutputTokens: max },
    }),
  },
};

function request(gateway, key, { dialect, model, stream, maxTokens, tag, words, text, signal }) {
  const { path = geminiPath(model, stream, tag), body } = dialects[dialect];
  return fetch(`${gateway.base}${path}`, {
    method: 'POST',
    signal,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${key}`,
      'x-purser-session': tag,
      'x-request-tag': tag,
      ...(dialect === 'messages' ? { 'anthropic-version': '2023-06-01' } : {}),
      ...(words ? { 'x-simulate': words } : {}),
    },
    body: JSON.stringify({ model, stream, ...body(text, maxTokens) }),
  });
}

/** Runs `work(i)` for i below `count`, so many at a time. */
async function inParallel(count, atOnce, work) {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function settled(gateway) {
  for (let tries = 0; tries < 300; tries += 1) {
    const text = await (await fetch(`${gateway.base}/metrics`)).text();
    if (/^purser_open_holds 0$/m.test(text) && /^purser_calls_in_flight 0$/m.test(text)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await new Promise((resolve) => setTimeout(resolve, 1500)); // the ledger folds within a second
}

test('10,000 calls, 64 at a time, with every kind of fault: ledger and bill agree', async () => {
  const gateway = await startGateway();
  try {
    const key = gateway.key('--user', 'parity');
    const random = chance(20261123);
    const faults = ['429', '500', '529', 'close', 'cut', 'error=5', 'no-usage', 'refusal', 'tool'];
    await inParallel(10_000, 64, async (i) => {
      const dialect = names[Math.floor(random() * names.length)];
      const call = {
        dialect,
        model: models[dialect][Math.floor(random() * models[dialect].length)],
        stream: random() < 0.6,
        maxTokens: 1 + Math.floor(random() * 120),
        tag: `call-${i}`,
        text: 'word '.repeat(1 + Math.floor(random() * 300)),
        words: random() < 0.15 ? faults[Math.floor(random() * faults.length)] : '',
      };
      const leaves = call.stream && dialect !== 'embeddings' && random() < 0.05;
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const controller = new AbortController();
        try {
          const response = await request(gateway, key, { ...call, signal: controller.signal });
          if (leaves) {
            await response.body.getReader().read();
            controller.abort();
            return;
          }
          await response.arrayBuffer();
          if (response.status !== 429 && response.status < 500) return;
          call.words = ''; // a retry: another call, another hold
        } catch {
          return; // broken off, as asked for
        }
      }
    });
    await settled(gateway);
    const spent = gateway.spent('session');
    const billed = await gateway.billByTag();
    let exact = 0n;
    let uncertain = 0;
    for (const [tag, nanos] of billed) {
      const row = spent.get(tag) ?? { cost: 0n, uncertain: 0n };
      if (row.uncertain === 0n) {
        assert.equal(row.cost, nanos, `${tag}: the ledger says ${row.cost}, the bill ${nanos}`);
        exact += nanos;
      } else {
        assert.ok(row.cost >= nanos, `${tag}: presumed ${row.cost}, billed ${nanos}`);
        uncertain += 1;
      }
    }
    for (const tag of spent.keys())
      assert.ok(billed.has(tag), `${tag} was never seen by the provider`);
    assert.ok(billed.size > 9_900);
    assert.ok(uncertain > 50 && uncertain < 1_500, `${uncertain} presumed`);
    console.log(
      `# ${billed.size} calls, ${exact} nanodollars equal, ${uncertain} presumed at or above`,
    );
    gateway.purser('verify-books', '--config', gateway.config);
  } finally {
    await gateway.stop();
  }
});

test('200 clients race for one dollar: never over, 98 % used before a refusal', async () => {
  const gateway = await startGateway({
    yaml: `
limits:
  - {name: dollar, per: all, window: lifetime, max: {usd: "1.00"}}
admission_wait: 20s
`,
    simulate: ['--first-byte', '20ms'],
  });
  try {
    const key = gateway.key('--user', 'racer');
    let refusedFirstAt; // what was posted when somebody was refused for good
    let done = false;
    let refused = 0;
    await inParallel(200, 200, async (i) => {
      for (let n = 0; !done && n < 500; n += 1) {
        const response = await request(gateway, key, {
          dialect: 'chat',
          model: 'gpt-4o',
          stream: n % 2 === 0,
          maxTokens: 400,
          tag: `racer-${i}-${n}`,
          text: 'Spend it. '.repeat(20),
          words: 'output=200',
        });
        await response.arrayBuffer();
        if (response.status === 402) {
          refused += 1;
          done = true;
        }
      }
    });
    await settled(gateway);
    const total = [...gateway.spent('user').values()].reduce((sum, row) => sum + row.cost, 0n);
    refusedFirstAt = total;
    assert.ok(refused > 0, 'in the end somebody is refused');
    assert.ok(total <= 1_000_000_000n, `spent ${total} of a dollar`);
    assert.ok(refusedFirstAt >= 980_000_000n, `only ${refusedFirstAt} used`);
    assert.equal(total, BigInt((await gateway.bill()).total_nanodollars));
    console.log(`# ${total} of 1000000000 nanodollars used`);
  } finally {
    await gateway.stop();
  }
});

test('kill -9 at 50 random moments under load: nothing is lost', async () => {
  const gateway = await startGateway({ simulate: ['--first-byte', '5ms'] });
  try {
    const key = gateway.key('--user', 'victim');
    const random = chance(9);
    let stop = false;
    let slowest = 0;
    const load = inParallel(64, 64, async (worker) => {
      for (let n = 0; !stop; n += 1) {
        try {
          const response = await request(gateway, key, {
            dialect: n % 2 ? 'chat' : 'messages',
            model: n % 2 ? 'gpt-4o-mini' : 'claude-haiku-4-5',
            stream: n % 3 === 0,
            maxTokens: 40,
            tag: `victim-${worker}-${n}`,
            text: 'Hello there.',
          });
          await response.arrayBuffer();
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 20)); // it was just killed
        }
      }
    });
    for (let round = 0; round < 50; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20 + random() * 200));
      slowest = Math.max(slowest, await gateway.killAndRestart());
    }
    stop = true;
    await load;
    await settled(gateway);
    const spent = gateway.spent('session');
    let billed = 0n;
    let posted = 0n;
    for (const [tag, nanos] of await gateway.billByTag()) {
      const row = spent.get(tag);
      assert.ok(nanos === 0n || row, `${tag} was billed ${nanos} and is not in the ledger`);
      assert.ok((row?.cost ?? 0n) >= nanos, `${tag}: posted ${row?.cost}, billed ${nanos}`);
      billed += nanos;
      posted += row?.cost ?? 0n;
    }
    assert.ok(spent.size > 100, 'there was load');
    gateway.purser('verify-books', '--config', gateway.config);
    console.log(
      `# ${spent.size} calls, billed ${billed}, posted ${posted}; slowest restart ${slowest} ms`,
    );
  } finally {
    await gateway.stop();
  }
});

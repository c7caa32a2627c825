// gateway.mjs — one Purser with the simulated provider behind it, on ports of its own, per suite.
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const binary = process.env.PURSER;

export async function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function untilAnswers(url, child) {
  const end = Date.now() + 20_000;
  for (;;) {
    if (child.exitCode !== null)
      throw new Error(`${url}: the server exited with ${child.exitCode}`);
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // not listening yet
    }
    if (Date.now() > end) throw new Error(`${url} did not answer in time`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function start(args, options = {}) {
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  child.output = '';
  child.stdout.on('data', (bytes) => (child.output += bytes));
  child.stderr.on('data', (bytes) => (child.output += bytes));
  return child;
}

/** As it is now: suites add to theirs before they start anything. */
const environment = () => ({ ...process.env, SIMULATED_KEY: 'sk-simulated' });

async function ended(child) {
  if (child.exitCode === null) {
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await exit;
  }
}

/** Every row of a simulated provider's own bill, by the tag its call carried. */
async function billOf(provider) {
  const rows = new Map();
  for (let since = 0; ;) {
    const page = await (await fetch(`${provider}/bill?since=${since}&limit=5000`)).json();
    for (const row of page.rows) {
      rows.set(row.tag, (rows.get(row.tag) ?? 0n) + BigInt(row.nanodollars));
    }
    if (page.rows.length === 0 || page.next === since) return rows;
    since = page.next;
  }
}

/** One more simulated provider, for gateways that know several. */
export async function startProvider() {
  const port = await freePort();
  const provider = `http://127.0.0.1:${port}`;
  const child = start(['simulate', '--port', String(port)], { env: environment() });
  await untilAnswers(`${provider}/healthz`, child);
  return {
    provider,
    billByTag: () => billOf(provider),
    async stop() {
      await ended(child);
      if (child.exitCode !== 0) throw new Error(`a provider ended with ${child.exitCode}`);
    },
  };
}

/**
 * Starts a provider and a gateway. `yaml` is added to the configuration, `openaiMore` to what it
 * says of openai; each dialect may be served from elsewhere. `providers` is said instead of these
 * three: lines of purser.yaml, from the provider's address.
 */
export async function startGateway({
  yaml = '',
  simulate = [],
  openai = undefined,
  openaiMore = '',
  anthropic = undefined,
  google = undefined,
  providers = undefined,
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'purser-e2e-'));
  const [port, providerPort] = [await freePort(), await freePort()];
  const config = join(folder, 'purser.yaml');
  const provider = `http://127.0.0.1:${providerPort}`;
  const usual = `
  openai: {base_url: "${openai ?? `${provider}/v1`}", api_key_env: SIMULATED_KEY, ${openaiMore}}
  anthropic: {base_url: "${anthropic ?? provider}", api_key_env: SIMULATED_KEY}
  google: {base_url: "${google ?? provider}", api_key_env: SIMULATED_KEY}`;
  writeFileSync(
    config,
    `listen: 127.0.0.1:${port}
data: ${folder}/data
providers:
${providers?.(provider) ?? usual}
telemetry: {turns: ${folder}/turns.jsonl}
${yaml}`,
  );
  const env = environment();
  const simulator = start(['simulate', '--port', String(providerPort), ...simulate], { env });
  await untilAnswers(`${provider}/healthz`, simulator);
  const base = `http://127.0.0.1:${port}`;
  const startPurser = async () => {
    const child = start(['serve', '--config', config], { env });
    await untilAnswers(`${base}/readyz`, child).catch((error) => {
      throw new Error(`${error.message}\n${child.output}`);
    });
    return child;
  };
  let gateway = await startPurser();

  const purser = (...args) =>
    execFileSync(binary, args, { env, encoding: 'utf8', maxBuffer: 1 << 28 });
  return {
    base,
    provider,
    folder,
    config,
    purser,
    /** What the running gateway has said. */
    output: () => gateway.output,
    /** kill -9, and the same gateway again on the same books. Returns how long it took to serve. */
    async killAndRestart() {
      const exit = new Promise((resolve) => gateway.once('exit', resolve));
      gateway.kill('SIGKILL');
      await exit;
      const began = Date.now();
      gateway = await startPurser();
      return Date.now() - began;
    },
    /** Stops the gateway in order, so that a command may take the books. */
    async pause() {
      const ended = new Promise((resolve) => gateway.once('exit', resolve));
      gateway.kill('SIGTERM');
      await ended;
    },
    async resume() {
      gateway = await startPurser();
    },
    /** Waits until the provider has billed all that was asked of it. */
    async quiet() {
      for (let last = -1; ;) {
        const { calls } = await (await fetch(`${provider}/bill`)).json();
        if (calls === last) return;
        last = calls;
        await new Promise((resolve) => setTimeout(resolve, 400));
      }
    },
    /**
     * Copies of the newest call into the past: `callsADay`, an hour apart, on each of `days` days.
     * The books' sums are left alone: this is for what learns from rows.
     */
    async writePast({ days, callsADay }) {
      const { DatabaseSync } = await import('node:sqlite');
      const books = new DatabaseSync(join(folder, 'data', 'purser.db'), { timeout: 5_000 });
      const columns = books
        .prepare("SELECT name FROM pragma_table_info('calls') WHERE name NOT IN ('id', 'at')")
        .all()
        .map((row) => row.name)
        .join(', ');
      const copy = books.prepare(
        `INSERT INTO calls(id, at, ${columns}) SELECT id - ?, at - ?, ${columns} FROM calls
         ORDER BY id DESC LIMIT 1`,
      );
      const [hour, newest] = [3_600_000_000_000n, books.prepare('SELECT max(id) AS id FROM calls')];
      const { id } = newest.get();
      books.exec(`UPDATE calls SET id = id + 1000000 WHERE id = ${id}`);
      let back = 0;
      for (let day = 1; day <= days; day += 1) {
        for (let call = 0; call < callsADay; call += 1) {
          back += 1;
          copy.run(back, BigInt(day) * 24n * hour - BigInt(call) * hour);
        }
      }
      books.close();
    },
    /** Spend by a label, in nanodollars. */
    spent(by) {
      const rows = JSON.parse(purser('report', '--config', config, '--by', by, '--format', 'json'));
      const nanos = (dollars) => BigInt(String(dollars).replace('.', ''));
      return new Map(
        (rows.rows ?? rows).map((row) => [
          row[by],
          { cost: nanos(row.cost_usd), uncertain: nanos(row.uncertain_usd), calls: row.calls },
        ]),
      );
    },
    billByTag: () => billOf(provider),
    key: (...labels) =>
      JSON.parse(purser('keys', 'create', '--config', config, ...labels, '--format', 'json'))
        .secret,
    bill: async () => (await fetch(`${provider}/bill`)).json(),
    async stop() {
      for (const child of [gateway, simulator]) await ended(child);
      rmSync(folder, { recursive: true, force: true });
      // A crash, or what a sanitizer found in the binary under test.
      const codes = [gateway.exitCode, simulator.exitCode];
      if (codes.some((code) => code !== 0)) {
        throw new Error(`gateway and simulator ended with ${codes.join(' and ')}, expected 0`);
      }
    },
  };
}

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
    if (child.exitCode !== null) throw new Error(`${url}: the server exited with ${child.exitCode}`);
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

/** Starts a provider and a gateway. `yaml` is added to the configuration. */
export async function startGateway({ yaml = '', simulate = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'purser-e2e-'));
  const [port, providerPort] = [await freePort(), await freePort()];
  const config = join(folder, 'purser.yaml');
  const provider = `http://127.0.0.1:${providerPort}`;
  writeFileSync(
    config,
    `listen: 127.0.0.1:${port}
data: ${folder}/data
providers:
  openai: {base_url: "${provider}/v1", api_key_env: SIMULATED_KEY}
  anthropic: {base_url: "${provider}", api_key_env: SIMULATED_KEY}
telemetry: {turns: ${folder}/turns.jsonl}
${yaml}`,
  );
  const env = { ...process.env, SIMULATED_KEY: 'sk-simulated' };
  const simulator = start(['simulate', '--port', String(providerPort), ...simulate], { env });
  await untilAnswers(`${provider}/healthz`, simulator);
  const gateway = start(['serve', '--config', config], { env });
  const base = `http://127.0.0.1:${port}`;
  await untilAnswers(`${base}/readyz`, gateway).catch((error) => {
    throw new Error(`${error.message}\n${gateway.output}`);
  });

  const purser = (...args) => execFileSync(binary, args, { env, encoding: 'utf8' });
  return {
    base,
    provider,
    folder,
    config,
    purser,
    gateway,
    key: (...labels) =>
      JSON.parse(purser('keys', 'create', '--config', config, ...labels, '--format', 'json')).secret,
    bill: async () => (await fetch(`${provider}/bill`)).json(),
    async stop() {
      for (const child of [gateway, simulator]) {
        if (child.exitCode === null) {
          const ended = new Promise((resolve) => child.once('exit', resolve));
          child.kill('SIGTERM');
          await ended;
        }
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

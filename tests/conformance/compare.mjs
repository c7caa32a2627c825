// compare.mjs — one server, the suite twice: asked directly, and through Purser.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const modules = join(import.meta.dirname, 'node_modules', '@modelcontextprotocol');
const everything = join(modules, 'server-everything/dist/index.js');
const command = process.env.CONFORMANCE_SERVER?.split(' ') ?? [
  process.execPath,
  everything,
  'streamableHttp',
];
const folder = mkdtempSync(join(tmpdir(), 'purser-conformance-'));
const children = [];

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

async function start(program, args, env, url) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  children.push(child);
  for (const end = Date.now() + 20_000; ;) {
    if (await fetch(url).catch(() => undefined)) return;
    if (Date.now() > end || child.exitCode !== null) throw new Error(`${url} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** "ping" → [passed, failed] */
async function run(url) {
  const suite = join(modules, 'conformance/dist/index.js');
  const args = [suite, 'server', '--suite', 'all', '--url', url, '-o', folder];
  const text = await new Promise((resolve) =>
    execFile(process.execPath, args, { maxBuffer: 1 << 28 }, (_error, out) => resolve(out)),
  );
  const rows = text.matchAll(/^[✓✗] (\S+): (\d+) passed, (\d+) failed$/gmu);
  return new Map([...rows].map(([, name, passed, failed]) => [name, [+passed, +failed]]));
}

try {
  const [port, gate] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}/mcp`;
  writeFileSync(
    join(folder, 'purser.yaml'),
    `listen: 127.0.0.1:${gate}
data: ${folder}/data
keys: {unknown: admit}
telemetry: {turns: off}
mcp:
  server: {url: "${url}"}
`,
  );
  await start(command[0], command.slice(1), { PORT: String(port) }, url);
  const purser = ['serve', '--config', join(folder, 'purser.yaml')];
  await start(process.env.PURSER, purser, {}, `http://127.0.0.1:${gate}/readyz`);
  const alone = await run(url);
  const behind = await run(`http://127.0.0.1:${gate}/mcp/server`);
  let worse = alone.size === 0 ? ['the suite did not run'] : [];
  for (const [name, [passed, failed]] of alone) {
    const [now, not] = behind.get(name) ?? [0, 0];
    const same = now === passed && not === failed;
    const sign = same ? '=' : now >= passed && not <= failed ? '+' : '-';
    console.log(`${sign} ${name}: ${passed} passed, ${failed} failed; behind ${now} and ${not}`);
    if (sign === '-') worse.push(name);
  }
  console.log(worse.length === 0 ? 'none does worse behind Purser' : `worse: ${worse.join(', ')}`);
  process.exitCode = worse.length === 0 ? 0 : 1;
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { freePort } from '@kubus/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { reserveAgain, reservePorts } from './ports.ts';

const ports = new URL('./ports.ts', import.meta.url).href;

/** Another process that chooses a port, says which, and stays until it is killed. */
async function choose(preferred: number, count: number): Promise<{ port: number; kill(): Promise<void> }> {
  const script = `
    const { reservePorts } = await import(${JSON.stringify(ports)});
    process.stdout.write(String(await reservePorts(${preferred}, ${count})) + '\\n');
    setInterval(() => undefined, 1e6);`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  onTestFinished(kill);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { port: Number(line.toString()), kill };
}

it('gives clusters that start at the same time ports that do not overlap', async () => {
  const preferred = await freePort();
  const chosen = await Promise.all([choose(preferred, 3), choose(preferred, 3), choose(preferred, 3)]);
  const [a = 0, b = 0, c = 0] = chosen.map(({ port }) => port).sort((x, y) => x - y);
  expect(a).toBeGreaterThanOrEqual(preferred);
  expect(b - a).toBeGreaterThanOrEqual(3);
  expect(c - b).toBeGreaterThanOrEqual(3);
});

it('gives a port away when the process that had it has ended, however it ended', async () => {
  const { port, kill } = await choose(await freePort(), 2);
  expect(await reserveAgain(port + 1)).toBe(false);
  await kill();
  expect(await reserveAgain(port, 2)).toBe(true);
});

it('passes over ports on which another program listens', async () => {
  const preferred = await freePort();
  const server = createServer().listen(preferred + 1, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  expect(await reservePorts(preferred, 2)).toBeGreaterThan(preferred + 1);
});

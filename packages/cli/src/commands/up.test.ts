import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually, freePort } from '@kubus/testkit';
import { expect, it, onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

// Before it waits it may have to compile all services.
it('ends on a signal while it waits for servers that never come', { timeout: 180_000 }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-up-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const nowhere = `127.0.0.1:${await freePort()}`;
  const args = ['up', '--runtime', 'sim', '--nodes', '1', '--dir', dir, '--api-port', `${await freePort()}`];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...args], {
    env: { ...process.env, NATS_URL: `nats://${nowhere}`, REDIS_URL: `redis://${nowhere}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await eventually(() => expect(output).toContain('NATS and Redis ...'), 150_000);
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
  expect(output).toContain('Stopping');
});

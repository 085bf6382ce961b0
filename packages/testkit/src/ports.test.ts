import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { freePort } from './index.ts';

it('gives no port twice, though no server listens there yet, or is killed just now', async () => {
  const drawn = await Promise.all(Array.from({ length: 300 }, () => freePort()));
  expect(new Set(drawn).size).toBe(300);
});

it('keeps a port from other processes', async () => {
  const port = await freePort();
  const script = `
    const lock = require('node:dgram').createSocket('udp4');
    lock.once('error', (error) => process.stdout.write(error.code));
    lock.bind({ port: ${port}, address: '127.0.0.1', exclusive: true }, () => lock.close());`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
  expect(stdout).toBe('EADDRINUSE');
});

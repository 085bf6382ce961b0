import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Standstill } from '@kubus/shared/lifecycle';
import { expect, it, onTestFinished } from 'vitest';
import { startFront } from './testing/start-front.ts';

const mostMs = 300;

/** Opens two connections; when told to, posts over each, leaves one of the answers alone, says so by a file, and prints the status of the other. */
const client = `
  const https = require('node:https');
  const { writeFileSync } = require('node:fs');
  const [port, mark] = process.argv.slice(1);
  const headers = { authorization: 'Bearer good' };
  const agents = ['leaves', 'stays'].map(() => new https.Agent({ keepAlive: true, maxSockets: 1 }));
  const send = (i, method, name, answered) => {
    const path = '/api/v1/namespaces/default/configmaps' + (method === 'GET' ? '/none' : '');
    const options = { host: '127.0.0.1', port, path, method, agent: agents[i], rejectUnauthorized: false, headers };
    const request = https.request(options, (response) => response.resume().once('end', () => answered(response.statusCode)));
    request.on('error', () => undefined);
    request.end(method === 'GET' ? undefined : JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }));
    return request;
  };
  let ready = 0;
  for (const i of [0, 1]) send(i, 'GET', '', () => { if (++ready === 2) process.stdout.write('ready'); });
  process.stdin.once('data', () => {
    send(1, 'POST', 'stays', (code) => { process.stdout.write(String(code)); process.exit(0); });
    const left = send(0, 'POST', 'left', () => undefined);
    left.once('finish', () => setTimeout(() => {
      left.once('close', () => writeFileSync(mark, ''));
      left.destroy();
    }, 50));
  });`;

function standStill(until: () => boolean): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let i = 0; i < 1_500 && (i * 20 < 2 * mostMs || !until()); i++) Atomics.wait(cell, 0, 0, 20);
}

it('carries out nothing for clients that have gone while the process stood still', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kubus-standstill-'));
  const front = await startFront({ standstill: new Standstill({ mostMs }) });
  const mark = join(folder, 'gone');
  const child = spawn(process.execPath, ['-e', client, `${front.port}`, mark], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await front.stop();
    await rm(folder, { recursive: true });
  });
  expect(String(await once(child.stdout, 'data'))).toBe('ready');
  child.stdin.write('go');
  standStill(() => existsSync(mark));
  expect(String(await once(child.stdout, 'data'))).toBe('201');
  const created = front.pipeline.requests.filter(({ request }) => request.verb === 'create');
  expect(created.map(({ request }) => request.body)).toMatchObject([{ metadata: { name: 'stays' } }]);
});

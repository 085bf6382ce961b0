import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { createCertificates } from '../http/testing/certificates.ts';
import { senderOf } from '../outbound/index.ts';
import type { AuditEvent } from './contract.ts';
import { AuditWebhook, type AuditWebhookOptions } from './webhook.ts';

const hour = 3_600_000;
const event = (name: string): AuditEvent => ({ json: JSON.stringify({ name }), subject: {} as AuditEvent['subject'] });

/** A webhook that takes lists when the test says so; `lists` are those that came, taken or not. */
function setUp(options: Partial<AuditWebhookOptions> = {}) {
  const lists: string[][] = [];
  const errors: unknown[] = [];
  const state = { answer: (): Promise<unknown> => Promise.resolve() };
  const webhook = new AuditWebhook({
    send: (text) => {
      const { kind, apiVersion, items } = JSON.parse(text);
      expect([kind, apiVersion]).toEqual(['EventList', 'audit.k8s.io/v1']);
      lists.push(items.map(({ name }: { name: string }) => name));
      return state.answer();
    },
    bufferSize: 10,
    maxSize: 3,
    maxWaitMs: hour,
    initialBackoffMs: 1,
    onError: (error) => errors.push(error),
    ...options,
  });
  const write = (...names: string[]) => names.map((name) => webhook.write(event(name)));
  return { webhook, lists, errors, state, write };
}

it('events go in lists, full ones at once and others after a while', async () => {
  const full = setUp();
  full.write('a', 'b', 'c', 'd');
  await eventually(() => expect(full.lists).toEqual([['a', 'b', 'c']]));
  await full.webhook.stop();
  const early = setUp({ maxWaitMs: 1 });
  early.write('a');
  await eventually(() => expect(early.lists).toEqual([['a']]));
  await early.webhook.stop();
});

it('what is left at the end is sent then, and nothing is taken any more', async () => {
  const { webhook, lists, write } = setUp();
  write('a', 'b');
  await webhook.stop();
  expect(lists).toEqual([['a', 'b']]);
  expect(write('late')).toEqual([false]);
});

it('no more is kept than there is room for, and there is room again when lists were taken', async () => {
  const { webhook, state, write } = setUp({ bufferSize: 3 });
  const gate = Promise.withResolvers<void>();
  state.answer = () => gate.promise;
  expect(write('a', 'b', 'c', 'd')).toEqual([true, true, true, false]);
  gate.resolve();
  await eventually(() => expect(write('e')).toEqual([true]));
  await webhook.stop();
});

it('a list that nobody takes is sent five times, and is lost then', async () => {
  const { webhook, lists, errors, state, write } = setUp({ maxSize: 1 });
  state.answer = () => Promise.reject(new Error('away'));
  write('a');
  await eventually(() => expect(errors).toHaveLength(1));
  expect(lists).toHaveLength(5);
  state.answer = () => Promise.resolve();
  write('b');
  await eventually(() => expect(lists.at(-1)).toEqual(['b']));
  await webhook.stop();
  expect(errors).toHaveLength(1);
});

it('a list waits for its turn where they are throttled, and no longer than until the end', async () => {
  const { webhook, lists, write } = setUp({ maxSize: 1, throttle: { qps: 1e-6, burst: 2 } });
  write('a', 'b', 'c');
  await eventually(() => expect(lists).toEqual([['a'], ['b']]));
  await webhook.stop();
  expect(lists).toEqual([['a'], ['b'], ['c']]);
});

it('lists reach the server that a kubeconfig names, who need not answer anything', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-audit-'));
  const { ca, server: pair } = await createCertificates();
  const bodies: string[] = [];
  const server = createServer({ key: pair.key, cert: pair.cert }, async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    bodies.push(`${request.headers.authorization} ${request.url} ${text}`);
    response.writeHead(bodies.length === 1 ? 500 : 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await rm(dir, { recursive: true });
  });
  const { port } = server.address() as AddressInfo;
  const cluster = {
    server: `https://127.0.0.1:${port}/audit`,
    'certificate-authority-data': Buffer.from(ca).toString('base64'),
  };
  const kubeconfig = {
    'current-context': 'x',
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: { token: 'secret' } }],
  };
  await writeFile(join(dir, 'kubeconfig'), JSON.stringify(kubeconfig));
  const { webhook, errors, write } = setUp({ send: await senderOf(join(dir, 'kubeconfig'), 10_000), maxSize: 1 });
  write('a');
  await eventually(() => expect(bodies).toHaveLength(2));
  await webhook.stop();
  expect(errors).toEqual([]);
  expect(bodies[1]).toMatch(/^Bearer secret \/audit \{"kind":"EventList".*"items":\[\{"name":"a"\}\]\}$/);
});

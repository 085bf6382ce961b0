import { afterAll, beforeAll, expect, it } from 'vitest';
import { AuditLog } from '../audit/index.ts';
import { ask, openWatch } from './testing/client.ts';
import { startFront, type TestFront } from './testing/start-front.ts';

const events: Record<string, unknown>[] = [];
const policy = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'Metadata' }] } as const;
const sink = { write: ({ json }: { json: string }) => events.push(JSON.parse(json)) > 0, stop: async () => undefined };

let front: TestFront;
beforeAll(async () => {
  front = await startFront({ audit: new AuditLog({ policy: { ...policy, rules: [...policy.rules] }, sinks: [sink] }) });
});
afterAll(() => front.stop());

const of = (id: string) => events.filter(({ auditID }) => auditID === id);

it('every request leaves an event under the id that its answer names', async () => {
  const { headers } = await ask(front, '/api/v1/namespaces/default/configmaps?limit=5');
  const [received, complete] = of(headers['audit-id'] as string);
  expect(received).toMatchObject({ stage: 'RequestReceived', verb: 'list', user: { username: 'token-user' } });
  expect(complete).toMatchObject({
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/default/configmaps?limit=5',
    objectRef: { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' },
    responseStatus: { code: 200 },
    sourceIPs: [expect.stringContaining('127.0.0.1')],
  });
});

it('who could not say who he is, is written down as nobody', async () => {
  const { headers, code } = await ask(front, '/api/v1/pods', {
    headers: { authorization: 'Bearer bad', 'audit-id': 'mine' },
  });
  expect([code, headers['audit-id']]).toEqual([401, 'mine']);
  expect(of('mine').at(-1)).toMatchObject({ user: { username: '' }, responseStatus: { code: 401 } });
});

it('a watch is written down when it begins and when it ends', async () => {
  const path = '/api/v1/namespaces/default/configmaps?watch=true';
  const watch = await openWatch(front, path, { 'audit-id': 'watch' });
  expect(of('watch').map(({ stage }) => stage)).toEqual(['RequestReceived', 'ResponseStarted']);
  watch.close();
  await watch.ended;
});

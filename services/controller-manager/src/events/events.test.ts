import type { ApiRequest } from '@kubus/shared/bus';
import { MemoryCluster } from '@kubus/testkit';
import { expect, it } from 'vitest';
import { EventRecorders } from './index.ts';

const web = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' } };

it('events name the controller that they come from, and are sent at the latest when it stops', async () => {
  const cluster = new MemoryCluster();
  const recorders = new EventRecorders({ api: cluster, collectMs: 60_000 });
  recorders.recorder('deployment-controller').event(web, 'Normal', 'ScalingReplicaSet', 'one');
  recorders.recorder('replicaset-controller').event(web, 'Normal', 'SuccessfulCreate', 'two');
  expect(recorders.recorder('deployment-controller')).toBe(recorders.recorder('deployment-controller'));
  await recorders.stop();
  const sources = cluster.requests.map((request: ApiRequest) => (request.body as { source: unknown }).source);
  expect(sources).toEqual([{ component: 'deployment-controller' }, { component: 'replicaset-controller' }]);
});

it('a controller that reports much takes nothing from the others', async () => {
  const cluster = new MemoryCluster();
  const recorders = new EventRecorders({ api: cluster });
  for (let i = 0; i < 100; i++) recorders.recorder('a').event(web, 'Normal', 'Busy', `message ${i}`);
  recorders.recorder('b').event(web, 'Normal', 'Calm', 'hello');
  await recorders.stop();
  const events = cluster.get({ group: '', resource: 'events' }).list() as unknown as { message: string }[];
  expect(events.map(({ message }) => message)).toContain('hello');
});

import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FlowControl } from '../flowcontrol/index.ts';
import { ask, openWatch } from './testing/client.ts';
import { startFront, type TestFront } from './testing/start-front.ts';

const queuing = { queues: 1, handSize: 1, queueLengthLimit: 1 };
const level = {
  apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
  kind: 'PriorityLevelConfiguration',
  metadata: { name: 'narrow', uid: 'uid-of-level' },
  spec: { type: 'Limited', limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Queue', queuing } } },
};
const schema = {
  apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
  kind: 'FlowSchema',
  metadata: { name: 'everybody', uid: 'uid-of-schema' },
  spec: {
    priorityLevelConfiguration: { name: 'narrow' },
    rules: [
      {
        subjects: [{ kind: 'User', user: { name: '*' } }],
        resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }],
        nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
      },
    ],
  },
};

let front: TestFront;
beforeAll(async () => {
  const flowControl = new FlowControl({
    schemas: { values: () => [schema], revision: 1 },
    levels: { values: () => [level], revision: 1 },
    seats: 1,
  });
  front = await startFront({ flowControl });
});
afterAll(() => front.stop());

const maps = '/api/v1/namespaces/default/configmaps';

it('says which flow schema and which priority level it came under', async () => {
  const { headers } = await ask(front, maps);
  expect(headers['x-kubernetes-pf-flowschema-uid']).toBe('uid-of-schema');
  expect(headers['x-kubernetes-pf-prioritylevel-uid']).toBe('uid-of-level');
});

it('waits for a seat, and is told to come again when there is no room to wait; health is not concerned', async () => {
  const gate = Promise.withResolvers<void>();
  front.pipeline.requests.length = 0;
  front.pipeline.before = () => gate.promise;
  const seated = ask(front, maps);
  await eventually(() => expect(front.pipeline.requests).toHaveLength(1));
  const others = [1, 2, 3].map(() => ask(front, maps));
  const refused = await Promise.any(
    others.map(async (one) => ((await one).code === 429 ? one : Promise.reject(new Error('served')))),
  );
  expect([refused.headers['retry-after'], refused.json.reason]).toEqual(['1', 'TooManyRequests']);
  expect((await ask(front, '/livez')).code).toBe(200);
  gate.resolve();
  expect((await seated).code).toBe(200);
  expect((await Promise.all(others)).map(({ code }) => code).sort()).toEqual([200, 429, 429]);
  front.pipeline.before = () => undefined;
});

it('a watch takes a seat until it has told what is there, and none from then on', async () => {
  const watches = await Promise.all([1, 2, 3].map(() => openWatch(front, `${maps}?watch=true`)));
  expect(watches.map(({ code }) => code)).toEqual([200, 200, 200]);
  expect((await ask(front, maps)).code).toBe(200);
  for (const watch of watches) watch.close();
});

import type { KubeObject } from '@kubus/shared/object';
import type { Pod, PodDisruptionBudget } from '@kubus/shared/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, type Client, core, podBody, startCluster, type TestCluster } from './testing/cluster.ts';

const pods = { ...core, resource: 'pods', namespace: 'default' } as const;
const budgets = { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets', namespace: 'default' } as const;

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster({ takesPods: true });
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());

/** A pod on a node, running, ready or not. */
async function running(name: string, app: string, ready = 'True'): Promise<void> {
  const body = { ...podBody(name, { nodeName: 'n1' }), metadata: { name, labels: { app } } };
  const made = await client.ok<Pod>({ ...pods, verb: 'create', body });
  const status = { ...made.status, phase: 'Running', conditions: [{ type: 'Ready', status: ready }] };
  await client.ok({ ...pods, verb: 'update', name, subresource: 'status', body: { ...made, status } as KubeObject });
}

/** A budget over pods of an app, as the disruption controller would have left it. */
async function budget(name: string, status: object, spec: object = { maxUnavailable: 1 }): Promise<void> {
  const selector = { matchLabels: { app: name } };
  const body = { metadata: { name }, spec: { selector, ...spec } };
  const made = await client.ok({ ...budgets, verb: 'create', body });
  const next = { ...made, status: { observedGeneration: 1, currentHealthy: 1, desiredHealthy: 1, ...status } };
  await client.ok({ ...budgets, verb: 'update', name, subresource: 'status', body: next as KubeObject });
}

function evict(name: string, query: Record<string, string> = {}) {
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } };
  return client.send({ ...pods, verb: 'create', name, subresource: 'eviction', body, query });
}

const statusOf = async (name: string) =>
  (await client.ok<PodDisruptionBudget>({ ...budgets, verb: 'get', name })).status;

describe('an eviction', () => {
  it('goes ahead without a budget and says so on the pod', async () => {
    await running('free', 'none');
    expect((await evict('free')).code).toBe(201);
    const marked = await client.ok<Pod>({ ...pods, verb: 'get', name: 'free' });
    expect(marked.metadata.deletionTimestamp).toBeDefined();
    expect(marked.status?.conditions?.at(-1)).toMatchObject({
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
    });
  });

  it('needs a body that is an Eviction', async () => {
    await running('kept', 'none');
    for (const body of [null, 'kept', []]) {
      const options = { verb: 'create', name: 'kept', subresource: 'eviction', body: body as never } as const;
      expect([body, (await client.send({ ...pods, ...options })).code]).toEqual([body, 400]);
    }
    const { metadata } = await client.ok<Pod>({ ...pods, verb: 'get', name: 'kept' });
    expect(metadata.deletionTimestamp).toBeUndefined();
  });

  it('takes from its budget, and is refused when nothing is left', async () => {
    await running('first', 'one');
    await running('second', 'one');
    await budget('one', { disruptionsAllowed: 1 });
    expect((await evict('first', { dryRun: 'All' })).code).toBe(201);
    expect((await evict('first')).code).toBe(201);
    const after = await statusOf('one');
    expect(after).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
    });
    expect(Object.keys(after?.disruptedPods ?? {})).toEqual(['first']);
    const refused = await evict('second');
    expect(refused).toMatchObject({
      code: 429,
      body: {
        reason: 'TooManyRequests',
        message: "Cannot evict pod as it would violate the pod's disruption budget.",
        details: {
          causes: [
            {
              reason: 'DisruptionBudget',
              message: 'The disruption budget one needs 1 healthy pods and has 1 currently',
            },
          ],
        },
      },
    });
  });

  it('waits for a budget that the controller has not looked at', async () => {
    await running('early', 'unseen');
    await budget('unseen', { disruptionsAllowed: 5, observedGeneration: 0 });
    expect(await evict('early')).toMatchObject({
      code: 429,
      body: {
        details: {
          retryAfterSeconds: 10,
          causes: [{ message: 'The disruption budget unseen is still being processed by the server.' }],
        },
      },
    });
  });

  it('never takes more than the budget has, however many come at once', async () => {
    const names = Array.from({ length: 8 }, (_, i) => `many-${i}`);
    for (const name of names) await running(name, 'many');
    await budget('many', { disruptionsAllowed: 3 });
    const answers = await Promise.all(names.map((name) => evict(name)));
    expect(answers.map(({ code }) => code).sort()).toEqual([201, 201, 201, 429, 429, 429, 429, 429]);
    const gone = await client.ok<KubeObject & { items: Pod[] }>({
      ...pods,
      verb: 'list',
      query: { labelSelector: 'app=many' },
    });
    expect(gone.items.filter(({ metadata }) => metadata.deletionTimestamp !== undefined)).toHaveLength(3);
  });

  it('lets pods go that are not ready while the budget is healthy, and always where it says so', async () => {
    await running('sick', 'healthy', 'False');
    await budget('healthy', { disruptionsAllowed: 0, currentHealthy: 2, desiredHealthy: 2 });
    expect((await evict('sick')).code).toBe(201);
    await running('worse', 'failing', 'False');
    await budget('failing', { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 2 });
    expect((await evict('worse')).code).toBe(429);
    await running('any', 'always', 'False');
    await budget(
      'always',
      { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 2 },
      { minAvailable: 2, unhealthyPodEvictionPolicy: 'AlwaysAllow' },
    );
    expect((await evict('any')).code).toBe(201);
  });

  it('is refused under two budgets', async () => {
    await running('two', 'double');
    await budget('double', { disruptionsAllowed: 1 });
    const selector = { matchLabels: { app: 'double' } };
    await client.ok({
      ...budgets,
      verb: 'create',
      body: { metadata: { name: 'other' }, spec: { selector, minAvailable: 0 } },
    });
    expect(await evict('two')).toMatchObject({
      code: 500,
      body: {
        message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      },
    });
  });
});

import type { Connection } from '@kubus/cli';
import { startControlPlane } from './control-plane.ts';
import { type Benchmark, type Figure, rate } from './harness.ts';
import { bareAlgorithmRate } from './schedule-algorithm.ts';

const nodes = 5_000;
const pods = 10_000;

export default {
  name: 'schedule',
  about: `${nodes} simulated nodes, ${pods} pending pods, from the first binding to the last, through the real store and bus`,
  async run(say) {
    const bare = await bareAlgorithmRate({ nodes, pods });
    say(`bare algorithm: ${Math.round(bare)} pods/s`);
    const figures: Figure[] = [
      { what: 'bare algorithm', value: bare, unit: 'pods/s', target: 'over 20,000', reached: bare > 20_000 },
    ];
    for (const replicas of [1, 2]) {
      const value = await throughSystem(replicas, say);
      say(`${replicas} scheduler replicas: ${Math.round(value)} pods/s`);
      figures.push({
        what: `committed with ${replicas} scheduler ${replicas === 1 ? 'replica' : 'replicas'}`,
        value,
        unit: 'pods/s',
        beside: { what: 'bare algorithm', value: bare },
        ...(replicas === 1 ? { target: '2,000', reached: value >= 2_000 } : {}),
      });
    }
    return figures;
  },
} satisfies Benchmark;

/** All pods are pending before the first scheduler starts. Starting them on the simulated nodes is not measured here. */
async function throughSystem(replicas: number, say: (line: string) => void): Promise<number> {
  const plane = await startControlPlane({ api: 1, simNodes: nodes, env: { KUBUS_SIM_START_DELAY: '1h' } });
  try {
    await untilCount(plane.connection, 'nodes', nodes);
    await untaint(plane.connection);
    await createPods(plane.connection);
    say(`${nodes} nodes, ${pods} pending pods`);
    const watching = Promise.withResolvers<void>();
    const bindings = countBindings(plane.connection, watching.resolve);
    await watching.promise;
    await plane.startSchedulers(replicas);
    return await bindings;
  } finally {
    await plane.stop();
  }
}

async function untilCount({ api }: Connection, resource: string, count: number): Promise<void> {
  for (;;) {
    const list = await api.request<{ items: unknown[]; metadata: { remainingItemCount?: number } }>({
      verb: 'list',
      group: '',
      version: 'v1',
      resource,
      query: { limit: '1' },
    });
    if (list.items.length + (list.metadata.remainingItemCount ?? 0) >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** New nodes may not be used until the controller-manager, which is not part of what is measured, has seen that they are ready. */
async function untaint({ api }: Connection): Promise<void> {
  const address = { group: '', version: 'v1', resource: 'nodes' };
  const { items } = await api.request<{ items: { metadata: { name: string } }[] }>({ ...address, verb: 'list' });
  const contentType = 'application/merge-patch+json';
  await rate(items.length, 64, (i) => {
    const name = items[i]?.metadata.name ?? '';
    return api.request({ ...address, verb: 'patch', name, contentType, body: { spec: { taints: null } } });
  });
}

async function createPods({ api }: Connection): Promise<void> {
  // The controller-manager, which makes it, is not part of what is measured.
  await api.request({
    verb: 'create',
    group: '',
    version: 'v1',
    resource: 'serviceaccounts',
    namespace: 'default',
    body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } },
  });
  await rate(pods, 64, (i) =>
    api.request({ verb: 'create', group: '', version: 'v1', resource: 'pods', namespace: 'default', body: pod(i) }),
  );
}

const pod = (i: number) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `bench-${i}`, namespace: 'default', labels: { app: `bench-${i % 100}` } },
  spec: {
    schedulerName: 'default-scheduler',
    containers: [{ name: 'main', image: 'busybox:1.36', resources: { requests: { cpu: '10m', memory: '16Mi' } } }],
  },
});

const initialEvents = { allowWatchBookmarks: 'true', sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' };

/** Rate from the first binding to the last, as a watcher of pods sees them. */
async function countBindings({ api }: Connection, watching: () => void): Promise<number> {
  const controller = new AbortController();
  const bound = new Set<string>();
  let first = 0;
  const events = api.watch(
    { verb: 'watch', group: '', version: 'v1', resource: 'pods', query: initialEvents },
    { signal: controller.signal },
  );
  for await (const event of events) {
    // The bookmark after the initial events: from here on the watch is live.
    if (event.type === 'BOOKMARK') watching();
    const object = event.object as typeof event.object & { spec?: { nodeName?: string } };
    if (event.type === 'BOOKMARK' || object.spec?.nodeName === undefined || bound.has(object.metadata.name)) continue;
    if (bound.size === 0) first = performance.now();
    bound.add(object.metadata.name);
    if (bound.size === pods) break;
  }
  controller.abort();
  return (pods - 1) / ((performance.now() - first) / 1000);
}

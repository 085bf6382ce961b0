import type { Controller, ReconcileKey } from '@kubus/shared/reconcile';
import type { Node, Pod, Taint } from '@kubus/shared/schema';
import type { ControllerContext } from '../common/context.ts';
import { nodeIndex } from '../common/indexes.ts';
import { evict } from './execute.ts';
import { plan } from './plan.ts';

const nodes = { group: '', resource: 'nodes' };
const pods = { group: '', resource: 'pods' };
/** What a pod that could not be evicted waits for; milliseconds. */
const againMs = 1_000;

/** Deletes pods from nodes whose NoExecute taints they do not tolerate, or no longer. A key is a node. */
export function createTaintEvictionController(context: ControllerContext): Controller {
  const { informers, api, clock } = context;
  const nodesNow = informers.get<Node>(nodes);
  const podsNow = informers.get<Pod>(pods);
  const events = context.events('taint-eviction-controller');
  const firstSeen = new Map<string, number>();
  const isTainted = (node: Node | undefined): boolean =>
    node?.spec?.taints?.some(({ effect }) => effect === 'NoExecute') ?? false;
  const keyOf = (name: string): ReconcileKey => ({ namespace: '', name });
  return {
    name: 'taint-eviction',
    resyncMs: 60_000,
    reads: [nodes, pods],
    watches: [
      { resource: nodes, map: (node: Node) => (isTainted(node) ? [keyOf(node.metadata.name)] : []) },
      // The taint of a node that is tainted later brings the node itself.
      { resource: pods, map: (pod: Pod) => keysForPod(pod) },
    ],
    keys: () =>
      nodesNow
        .list()
        .filter(isTainted)
        .map(({ metadata }) => keyOf(metadata.name)),
    reconcile: async ({ name }) => {
      const node = nodesNow.get('', name);
      if (node === undefined || !isTainted(node)) {
        forget(name);
        return undefined;
      }
      const { evict: due, nextLook } = plan(node, podsNow.byIndex(nodeIndex, name), clock.now(), (taint) =>
        seen(name, taint),
      );
      for (const pod of due) await evict(pod, { api, events, clock });
      if (due.length > 0) return { requeueAfter: againMs };
      return nextLook === undefined ? undefined : { requeueAfter: nextLook };
    },
  };

  function keysForPod(pod: Pod): ReconcileKey[] {
    const node = pod.spec?.nodeName ?? '';
    return node !== '' && isTainted(nodesNow.get('', node)) ? [keyOf(node)] : [];
  }

  function seen(node: string, { key, value = '' }: Taint): number {
    const id = `${node}\0${key}\0${value}`;
    const time = firstSeen.get(id) ?? clock.now();
    firstSeen.set(id, time);
    return time;
  }

  function forget(node: string): void {
    for (const id of firstSeen.keys()) if (id.startsWith(`${node}\0`)) firstSeen.delete(id);
  }
}

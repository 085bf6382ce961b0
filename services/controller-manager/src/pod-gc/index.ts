import type { Controller, ReconcileKey } from '@kubus/shared/reconcile';
import type { Node, Pod } from '@kubus/shared/schema';
import type { ControllerContext } from '../common/context.ts';
import { collect } from './execute.ts';
import { plan } from './plan.ts';

const nodes = { group: '', resource: 'nodes' };
const pods = { group: '', resource: 'pods' };

export interface PodGcOptions {
  /** Pods that have ended and are kept; Kubernetes' default is 12,500. */
  terminatedThreshold: number;
}

/** How often all pods are looked at; milliseconds. */
const periodMs = 20_000;
const allPods: ReconcileKey = { namespace: '', name: 'all' };

/** Removes pods of nodes that are gone, pods that were deleted before they had a node, and the oldest of too many that have ended. */
export function createPodGcController(context: ControllerContext, options: PodGcOptions): Controller {
  const { informers, clock } = context;
  const nodesNow = informers.get<Node>(nodes);
  const podsNow = informers.get<Pod>(pods);
  const missing = new Map<string, number>();
  nodesNow.onChange(({ type, object }) => {
    if (type === 'deleted') missing.set(object.metadata.name, clock.now());
    else missing.delete(object.metadata.name);
  });
  const missingSince = (node: string): number => {
    const since = missing.get(node) ?? clock.now();
    missing.set(node, since);
    return since;
  };
  const forget = (used: ReadonlySet<string>): void => {
    for (const node of missing.keys()) if (!used.has(node)) missing.delete(node);
  };
  return {
    name: 'pod-gc',
    resyncMs: 60_000,
    concurrency: 1,
    reads: [nodes, pods],
    watches: [
      { resource: nodes, map: (_node, _previous, type) => (type === 'deleted' ? [allPods] : []) },
      { resource: pods, map: (pod: Pod) => (isUnscheduledTerminating(pod) ? [allPods] : []) },
    ],
    keys: () => [allPods],
    reconcile: async () => {
      const known = new Map(nodesNow.list().map((node) => [node.metadata.name, node]));
      const observed = {
        pods: podsNow.list(),
        nodes: known,
        missingSince,
        terminatedThreshold: options.terminatedThreshold,
      };
      for (const found of plan(observed, clock.now())) await collect(found, context);
      forget(new Set(observed.pods.map(({ spec }) => spec?.nodeName ?? '')));
      return { requeueAfter: periodMs };
    },
  };
}

const isUnscheduledTerminating = ({ metadata, spec }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined && (spec?.nodeName ?? '') === '';

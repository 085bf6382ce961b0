import { notFound } from '@kubus/shared/errors';
import type { GroupResource, KubeObject } from '@kubus/shared/object';
import type { Pod } from '@kubus/shared/schema';
import { nodeMetricsOf, podMetricsOf, type UsageStore } from '../../usage/index.ts';
import type { Call } from '../call.ts';
import type { Deps } from '../deps.ts';
import { selectionOf } from '../selection.ts';
import type { Action } from './contract.ts';

const nodes: GroupResource = { group: '', resource: 'nodes' };
const pods: GroupResource = { group: '', resource: 'pods' };

/** metrics.k8s.io: what nodes say that they use, for the nodes that are there. */
export function nodeMetrics(usage: UsageStore): Action {
  return (deps, call) => answer(deps, call, nodes, (node) => nodeMetricsOf(node, usage));
}

/** Of the pods that are there, what the nodes that they are bound to say. */
export function podMetrics(usage: UsageStore): Action {
  return (deps, call) => answer(deps, call, pods, (pod) => podMetricsOf(pod as Pod, usage));
}

async function answer(
  deps: Deps,
  call: Call,
  resource: GroupResource,
  metricsOf: (object: KubeObject) => KubeObject | undefined,
) {
  const { request, namespace, name } = call;
  const selection = selectionOf(call);
  const wanted = selection.name ?? name;
  const cache = await deps.caches.of(resource);
  const { items } = await cache.list({
    namespace,
    ...(wanted === '' ? {} : { name: wanted }),
    ...(selection.matches === undefined ? {} : { predicate: selection.matches }),
    freshness: 'any',
  });
  const found = items.map(metricsOf).filter((metrics) => metrics !== undefined);
  if (request.verb === 'list') {
    const { kind, apiVersion } = call.resource;
    return { code: 200, body: { kind: `${kind}List`, apiVersion, metadata: {}, items: found } };
  }
  const [metrics] = found;
  if (metrics === undefined) throw notFound(call.resource, name);
  return { code: 200, body: metrics };
}

import type { ApiClient, ApiRequest } from '@kubus/shared/bus';
import { isNotFound } from '@kubus/shared/errors';
import type { KubeObject, OwnerReference } from '@kubus/shared/object';
import { sendAll } from '../common/batch.ts';
import type { Located, OwnershipGraph } from './graph.ts';
import { isWaiting, type Observed, type OwnerState, ownersOf } from './plan.ts';

/**
 * All that is needed to judge one owner. Owners that the informers do not know are looked up with the API once more: an object is never
 * deleted on the word of a cache.
 */
export async function observe(uid: string, graph: OwnershipGraph, api: Pick<ApiClient, 'batch'>): Promise<Observed> {
  const dependents = graph.dependents(uid);
  const missing = new Map<string, ApiRequest>();
  for (const { object } of dependents) {
    for (const reference of ownersOf(object)) {
      const request = lookupOf(reference, object, graph);
      if (request !== undefined) missing.set(lookupKey(reference, object), request);
    }
  }
  const live = await readLive(missing, api);
  return {
    uid,
    owner: graph.find(uid),
    dependents,
    dependentsOf: (other) => (other === uid ? dependents : graph.dependents(other)),
    stateOf: (reference, dependent) => stateOf(reference, dependent, graph, live),
  };
}

function stateOf(
  reference: OwnerReference,
  { object, resource: own }: Located,
  graph: OwnershipGraph,
  live: ReadonlyMap<string, KubeObject | undefined>,
): OwnerState {
  const resource = graph.resourceOf(reference);
  if (resource === undefined || (resource.namespaced && !own.namespaced)) return 'unresolvable';
  const cached = graph.get(resource, object.metadata.namespace ?? '', reference.name);
  const owner = cached?.metadata.uid === reference.uid ? cached : live.get(lookupKey(reference, object));
  if (owner?.metadata.uid === reference.uid) return isWaiting(owner) ? 'waiting' : 'present';
  return isElsewhere(reference, object, graph) ? 'misplaced' : 'absent';
}

function isElsewhere(reference: OwnerReference, dependent: KubeObject, graph: OwnershipGraph): boolean {
  const found = graph.find(reference.uid);
  if (found === undefined || !found.resource.namespaced) return false;
  return found.object.metadata.namespace !== (dependent.metadata.namespace ?? '');
}

/** A read of the owner, where the informers do not have it and it can be read. */
function lookupOf(reference: OwnerReference, dependent: KubeObject, graph: OwnershipGraph): ApiRequest | undefined {
  const resource = graph.resourceOf(reference);
  const { namespace = '' } = dependent.metadata;
  if (resource === undefined || (resource.namespaced && namespace === '')) return undefined;
  if (graph.get(resource, namespace, reference.name)?.metadata.uid === reference.uid) return undefined;
  return {
    group: resource.group,
    version: resource.version,
    resource: resource.resource,
    verb: 'get',
    namespace: resource.namespaced ? namespace : '',
    name: reference.name,
  };
}

/** Dependents of one owner share one lookup. */
const lookupKey = ({ apiVersion, kind, name }: OwnerReference, { metadata }: KubeObject): string =>
  JSON.stringify([apiVersion, kind, metadata.namespace ?? '', name]);

async function readLive(
  requests: ReadonlyMap<string, ApiRequest>,
  api: Pick<ApiClient, 'batch'>,
): Promise<Map<string, KubeObject | undefined>> {
  const answers = await sendAll(api, [...requests.values()]);
  const found = new Map<string, KubeObject | undefined>();
  for (const [index, key] of [...requests.keys()].entries()) {
    const answer = answers[index];
    if (answer?.error !== undefined && !isNotFound(answer.error)) throw answer.error;
    found.set(key, answer?.body as KubeObject | undefined);
  }
  return found;
}

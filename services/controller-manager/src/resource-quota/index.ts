import { type GroupResource, groupResourceName, type KubeObject } from '@kubus/shared/object';
import { countsFor, mayGrow, namesOf } from '@kubus/shared/quota';
import type { Controller, ReconcileKey, Watch } from '@kubus/shared/reconcile';
import type { Pod, ResourceQuota } from '@kubus/shared/schema';
import type { ControllerContext } from '../common/context.ts';
import { semanticEqual } from '../common/equality.ts';
import type { ServedKind } from '../common/served-kinds.ts';
import { writeStatus } from './execute.ts';
import { plan } from './plan.ts';

const quotas: GroupResource = { group: '', resource: 'resourcequotas' };

/** Objects may stop counting without a change: a pod whose end is overdue (kube-controller-manager: --resource-quota-sync-period). */
const resyncMs = 300_000;
/** The API books creations all the time where many are made: the next look has its chance. */
const conflictMs = 200;

type CountedKind = Pick<ServedKind, 'storage' | 'namespaced'>;

export interface ResourceQuotaOptions {
  /** Those that are known from the start. */
  kinds: readonly CountedKind[];
}

/** The controller, and how it learns of kinds that definitions bring. */
export interface QuotaCounter extends Controller {
  /** Counts objects of one more kind; its changes are to be followed with the watch that this gives. Undefined for those outside of namespaces. */
  add(kind: CountedKind): Watch | undefined;
  remove(kind: CountedKind): void;
}

/** Counts what is used of each quota: the API books what is created, here is given back what is gone (Kubernetes: ResourceQuota controller). */
export function createResourceQuotaController(context: ControllerContext, options: ResourceQuotaOptions): QuotaCounter {
  const inNamespaces = options.kinds.filter(({ namespaced }) => namespaced);
  const kinds = new Map(inNamespaces.map(({ storage }) => [groupResourceName(storage), storage]));
  const quotasNow = context.informers.get<ResourceQuota>(quotas);
  const concerned = (kind: GroupResource, namespace = ''): ReconcileKey[] =>
    quotasNow
      .list(namespace)
      .filter(({ spec }) => Object.keys(spec?.hard ?? {}).some((name) => countsFor(kind, name)))
      .map(keyOf);
  const watchOf = (resource: GroupResource): Watch => ({
    resource,
    map: (object, previous, type) =>
      changesUsage(resource, object, previous, type) ? concerned(resource, object.metadata.namespace) : [],
  });
  return {
    name: 'resource-quota',
    resyncMs,
    concurrency: 5,
    get reads() {
      return [quotas, ...kinds.values()];
    },
    watches: [
      { resource: quotas, map: (quota: ResourceQuota) => (isCurrent(quota) ? [] : [keyOf(quota)]) },
      ...[...kinds.values()].map(watchOf),
    ],
    keys: () => quotasNow.list().map(keyOf),
    reconcile: async ({ namespace, name }) => {
      const quota = quotasNow.get(namespace, name);
      if (quota === undefined || quota.metadata.deletionTimestamp !== undefined) return undefined;
      const content = [...kinds.values()]
        .filter((kind) => namesOf(quota, kind).length > 0)
        .map((kind) => ({ kind, objects: context.informers.get(kind).list(namespace) }));
      const status = plan(quota, content, context.clock.now());
      if (semanticEqual(quota.status, status)) return undefined;
      return (await writeStatus(context.api, quota, status)) ? undefined : { requeueAfter: conflictMs };
    },
    add({ storage, namespaced }) {
      if (!namespaced) return undefined;
      kinds.set(groupResourceName(storage), storage);
      return watchOf(storage);
    },
    remove({ storage }) {
      // A definition that came back meanwhile has brought its own.
      const name = groupResourceName(storage);
      if (kinds.get(name) === storage) kinds.delete(name);
    },
  };
}

const keyOf = ({ metadata }: KubeObject): ReconcileKey => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});

/** The status is of this spec: changes of it are the API's bookings, or one's own. */
function isCurrent({ spec, status }: ResourceQuota): boolean {
  return status !== undefined && semanticEqual(spec?.hard, status.hard);
}

function changesUsage(
  kind: GroupResource,
  object: KubeObject,
  previous: KubeObject | undefined,
  type: 'created' | 'updated' | 'deleted',
): boolean {
  if (type !== 'updated') return true;
  if (kind.group === '' && kind.resource === 'pods')
    return (
      previous === undefined ||
      (hasEnded(object) && !hasEnded(previous)) ||
      mayBeResized(object as Pod, previous as Pod)
    );
  return mayGrow(kind, '');
}

/** A pod counts with what it has until that is less, and not with what it cannot have (KEP-1287: "Resource Quota"). */
function mayBeResized({ status }: Pod, { status: before }: Pod): boolean {
  const isResizing = (pod: Pod['status']) => pod?.conditions?.some(({ type }) => type.startsWith('PodResize')) === true;
  const seen = before?.observedGeneration;
  return isResizing(status) || isResizing(before) || (seen !== undefined && seen !== status?.observedGeneration);
}

const hasEnded = (pod: KubeObject): boolean => {
  const { phase } = (pod as Pod).status ?? {};
  return phase === 'Succeeded' || phase === 'Failed';
};

import type { GroupVersionResource, KubeObject } from '@kubus/shared/object';
import type { Controller, ReconcileKey, Watch } from '@kubus/shared/reconcile';
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '@kubus/shared/schema';
import type { ControllerContext } from '../common/context.ts';
import { writeFinalizer } from './execute.ts';
import { claimsOf, isBound, usesClaim } from './plan.ts';

const core = { group: '', version: 'v1' };
const claims = { ...core, resource: 'persistentvolumeclaims' };
const volumes = { ...core, resource: 'persistentvolumes' };
const pods = { ...core, resource: 'pods' };

/** A claim that is deleted stays as long as a pod uses it (Kubernetes: PVC protection controller). */
export function createClaimProtectionController(context: ControllerContext): Controller {
  const { informers, api } = context;
  const concerns = (pod: KubeObject): ReconcileKey[] =>
    claimsOf(pod as Pod).map((name) => ({ namespace: pod.metadata.namespace ?? '', name }));
  const used = async (claim: PersistentVolumeClaim): Promise<boolean> => {
    const { namespace = '' } = claim.metadata;
    if (
      informers
        .get<Pod>(pods)
        .list(namespace)
        .some((pod) => usesClaim(pod, claim))
    )
      return true;
    // A pod that is there may not have been seen yet.
    const { items } = await api.request<{ items: Pod[] }>({ ...pods, verb: 'list', namespace });
    return items.some((pod) => usesClaim(pod, claim));
  };
  return protection<PersistentVolumeClaim>(context, {
    ...{ name: 'pvc-protection', resource: claims, finalizer: 'kubernetes.io/pvc-protection', used },
    reads: [pods],
    watches: [{ resource: pods, map: (pod, _, type) => (type === 'deleted' || hasEnded(pod) ? concerns(pod) : []) }],
  });
}

/** A volume that is deleted stays as long as it is bound (Kubernetes: PV protection controller). */
export function createVolumeProtectionController(context: ControllerContext): Controller {
  return protection<PersistentVolume>(context, {
    ...{ name: 'pv-protection', resource: volumes, finalizer: 'kubernetes.io/pv-protection', used: isBound },
    ...{ reads: [], watches: [] },
  });
}

interface Protection<T extends KubeObject> {
  name: string;
  resource: GroupVersionResource;
  finalizer: string;
  used(object: T): boolean | Promise<boolean>;
  reads: GroupVersionResource[];
  watches: Watch[];
}

function protection<T extends KubeObject>(
  { informers, api }: ControllerContext,
  { name, resource, finalizer, used, reads, watches }: Protection<T>,
): Controller {
  const all = informers.get<T>(resource);
  // One that goes and has the finalizer may lose it; one that stays and has none came before the finalizer did.
  const isDue = ({ metadata }: KubeObject): boolean =>
    (metadata.deletionTimestamp !== undefined) === (metadata.finalizers ?? []).includes(finalizer);
  return {
    name,
    reads: [resource, ...reads],
    watches: [
      { resource, map: (object, _, type) => (type !== 'deleted' && isDue(object) ? [keyOf(object)] : []) },
      ...watches,
    ],
    keys: () => all.list().filter(isDue).map(keyOf),
    reconcile: async (key) => {
      const object = all.get(key.namespace, key.name);
      if (object === undefined || !isDue(object)) return undefined;
      const stays = object.metadata.deletionTimestamp === undefined;
      if (stays || !(await used(object))) await writeFinalizer(api, resource, object, finalizer, stays);
      return undefined;
    },
  };
}

const hasEnded = (pod: KubeObject): boolean => {
  const { metadata, spec, status } = pod as Pod;
  const shutDown = metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;
  return !spec?.nodeName || shutDown || status?.phase === 'Succeeded' || status?.phase === 'Failed';
};

const keyOf = ({ metadata }: KubeObject): ReconcileKey => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});

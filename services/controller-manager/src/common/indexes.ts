import type { IndexFunction } from '@kubus/shared/informer';
import { controllerOf } from './owners.ts';

/** Uid of the object itself. */
export const uidIndex = 'uid';
/** Uids of all owners. */
export const ownerUidIndex = 'ownerUid';
/** Uid of the managing owner, or `orphanKey(namespace)`. */
export const controllerIndex = 'controller';

/** Name of the node that a pod is bound to. */
export const nodeIndex = 'node';

/** Where the objects of a namespace are found that nobody manages. No uid holds a slash. */
export const orphanKey = (namespace: string): string => `orphan/${namespace}`;

/** 'namespace/name' of the Job that is to count a pod before it may go: of its manager, or of the one that its label names. */
export const trackedByIndex = 'trackedBy';
const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
const jobNameLabel = 'batch.kubernetes.io/job-name';

/** Every informer of the controller manager is made with these. */
export const informerIndexes: Readonly<Record<string, IndexFunction>> = {
  [uidIndex]: (object) => (object.metadata.uid === undefined ? [] : [object.metadata.uid]),
  [ownerUidIndex]: (object) => [...new Set(object.metadata.ownerReferences?.map((owner) => owner.uid))],
  [nodeIndex]: (object) => {
    const { nodeName } = (object as { spec?: { nodeName?: unknown } }).spec ?? {};
    return typeof nodeName === 'string' && nodeName !== '' ? [nodeName] : [];
  },
  [trackedByIndex]: (object) => {
    const { finalizers, labels, namespace = '' } = object.metadata;
    if (finalizers?.includes(trackingFinalizer) !== true) return [];
    const name = controllerOf(object)?.name ?? labels?.[jobNameLabel];
    return name === undefined ? [] : [`${namespace}/${name}`];
  },
  [controllerIndex]: (object) => [controllerOf(object)?.uid ?? orphanKey(object.metadata.namespace ?? '')],
};

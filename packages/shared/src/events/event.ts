import type { KubeObject, ObjectMeta } from '../object/index.ts';

export type EventType = 'Normal' | 'Warning';

/** core/v1 ObjectReference, as far as events use it. */
export interface ObjectReference {
  apiVersion?: string;
  kind?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  resourceVersion?: string;
  /** The part of the object that is meant, e.g. `spec.containers{web}`. */
  fieldPath?: string;
}

export interface EventSource {
  component: string;
  host?: string;
}

/** core/v1 Event with the fields that recorders write. Times are RFC 3339 in whole seconds. */
export interface EventObject extends KubeObject {
  metadata: ObjectMeta & { namespace: string };
  involvedObject: ObjectReference;
  reason: string;
  message: string;
  source: EventSource;
  type: EventType;
  count: number;
  firstTimestamp: string;
  lastTimestamp: string;
  reportingComponent: string;
  reportingInstance: string;
}

export interface EventInput {
  involvedObject: ObjectReference;
  type: EventType;
  reason: string;
  message: string;
}

/** RFC 3339 in whole seconds, as metav1.Time is written. */
export function formatTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** An event may be given the object itself or a reference to it (or to a part of it). */
export function referenceTo(object: KubeObject | ObjectReference): ObjectReference {
  if (!isKubeObject(object)) return object;
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    kind: object.kind,
    ...(namespace ? { namespace } : {}),
    name,
    ...(uid === undefined ? {} : { uid }),
    apiVersion: object.apiVersion,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

const isKubeObject = (object: KubeObject | ObjectReference): object is KubeObject => 'metadata' in object;

const maxNameLength = 253;

/**
 * Name of an event: that of the object, a dot, and a hexadecimal number that no other event about it has. The object's name is cut
 * where the whole would be longer than a name may be.
 */
export function eventName(objectName: string, unique: bigint): string {
  const suffix = `.${unique.toString(16)}`;
  return objectName.slice(0, maxNameLength - suffix.length).replace(/[-.]+$/, '') + suffix;
}

/** Events of cluster-scoped objects live in `default`, as Kubernetes has it. */
export function newEvent(input: EventInput, source: EventSource, unique: bigint, now: number): EventObject {
  const at = formatTime(now);
  const reference = input.involvedObject;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: eventName(reference.name ?? '', unique), namespace: reference.namespace || 'default' },
    involvedObject: reference,
    reason: input.reason,
    message: input.message,
    source,
    type: input.type,
    count: 1,
    firstTimestamp: at,
    lastTimestamp: at,
    reportingComponent: source.component,
    reportingInstance: source.host ?? '',
  };
}

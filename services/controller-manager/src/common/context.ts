import type { ApiClient } from '@kubus/shared/bus';
import type { EventRecorder } from '@kubus/shared/events';
import type { Informer } from '@kubus/shared/informer';
import type { GroupResource, KubeObject } from '@kubus/shared/object';

/** One informer per resource, shared by all controllers of the process. All are made with the index functions of `indexes.ts`. */
export interface InformerSet {
  /** Throws when the resource is not among those that the process follows. */
  get<T extends KubeObject = KubeObject>(resource: GroupResource): Informer<T>;
}

/** What every controller is made from. */
export interface ControllerContext {
  informers: InformerSet;
  api: ApiClient;
  /** A recorder that names `component` ('replicaset-controller') as the source of its events. */
  events(component: string): EventRecorder;
  clock: Clock;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds since any moment, whatever becomes of the date; default: as `now`. */
  monotonic?(): number;
}

import type { FieldError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { KindDeclaration, Registry } from '@kubus/shared/registry';
import type { CreationTracker, UpdateTracker } from '@kubus/shared/schema';
import type { Store } from '@kubus/shared/store';
import type { AdmissionChain, ResourceQuotaGate } from '../admission/index.ts';
import type { Allocator } from '../allocation/index.ts';
import type { Authorizer } from '../authz/index.ts';
import type { ServedKinds } from '../definitions/kinds.ts';
import type { WatchCaches } from '../watchcache/index.ts';
import type { Settled } from './settled.ts';
import type { Turns } from './turns.ts';

/** What the verbs work with. */
export interface Deps {
  /** Every kind that is served at the moment. */
  readonly registry: Registry;
  kinds: Pick<ServedKinds, 'catchUp'>;
  store: Store;
  caches: WatchCaches;
  authorizer: Authorizer;
  admission: AdmissionChain;
  quota: ResourceQuotaGate;
  /** Of the kinds whose objects are given what only one can have. */
  allocators: ReadonlyMap<KindDeclaration, Allocator>;
  /** Checks that take more than a kind's declaration knows, beside those of its strategy. */
  checks: ReadonlyMap<KindDeclaration, Check>;
  /** Of those who write the same object. */
  turns: Turns;
  settled: Settled;
  creations: CreationTracker;
  updates: UpdateTracker;
  clock: Clock;
  ids: Ids;
}

/** `old` is undefined where an object is created. */
export type Check = (object: KubeObject, old: KubeObject | undefined) => FieldError[];

export interface Clock {
  now(): Date;
}

export interface Ids {
  uid(): string;
  /** What follows a generateName: five characters. */
  suffix(): string;
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

import type { KubeObject } from '@kubus/shared/object';
import type { CommitResult, Operation, Store } from '@kubus/shared/store';
import { type Companion, type CompanionResult, commitWith } from '../allocation/index.ts';
import type { StoredCall } from './call.ts';
import type { Deps } from './deps.ts';

/** Commits one operation that stands for itself; the store lets those that come at the same time travel together. */
export async function commitOne(store: Store, operation: Operation): Promise<CommitResult> {
  const [result] = await store.commit([operation]);
  return result as CommitResult;
}

/** Commits a creation or an update that may use more of a quota, together with what it uses. Throws Forbidden when there is no room. */
export function commitWithinQuota(
  { quota, store }: Deps,
  { storage, namespace }: StoredCall,
  operation: Operation & { object: KubeObject },
  { subresource = '', old, companions = none }: Circumstances = {},
): Promise<CompanionResult> {
  const request = { resource: storage, subresource, namespace, object: operation.object, old };
  if (quota.concerns(request)) return quota.commit(request, operation, companions);
  return companions.length === 0 ? commitOne(store, operation) : commitWith(store, operation, companions);
}

interface Circumstances {
  /** Default: the object itself. */
  subresource?: string;
  /** Absent for a creation. */
  old?: KubeObject;
  /** What is committed with it. Default: nothing. */
  companions?: readonly Companion[] | undefined;
}

const none: readonly Companion[] = [];

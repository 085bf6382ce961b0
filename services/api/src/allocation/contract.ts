import type { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { Operation, Refusal } from '@kubus/shared/store';

/**
 * Gives objects of a kind what only one of them can have. What is given is held from the commit of the object on, which decides between replicas that chose
 * the same; until then it is a choice.
 */
export interface Allocator<T extends KubeObject = KubeObject> {
  /**
   * Fills in what the object lacks, before it is checked. Throws StatusError for what is asked for and cannot be had, as far as that can be known before the
   * commit; of a dry run, which has none, as far as this replica knows.
   */
  claim(object: T, old: T | undefined, dryRun: boolean): Claim;
  /** What goes with the object when it is deleted. */
  release(object: T): Companion[];
}

export interface Claim {
  /** What is committed with the object. */
  companions: readonly Companion[];
  /**
   * After a refusal that concerns the claim: undefined when another choice may be accepted (the object is as it was before the claim), else the
   * error. `companion`: the one that was refused, when it was not the object itself.
   */
  refused(refusal: Refusal, companion: Companion | undefined): StatusError | undefined;
}

export interface Companion {
  operation: Operation;
  /** The object is committed without it when it is refused. */
  optional: boolean;
}

import type { Backoff } from './backoff.ts';

/** Why a container waits, as `status.containerStatuses[].state.waiting` shows it. */
export interface Waiting {
  reason: string;
  message: string;
}

/**
 * What the agent must know of a pod beyond what the runtime shows. `attempts` is written to the checkpoint before a container is made, so that
 * a container that vanished is known to have been there.
 */
export interface PodMemory {
  /** Last attempt made of each container; '' is the sandbox. */
  attempts: Map<string, number>;
  backoffs: Map<string, Backoff>;
  /** Until when a container waits, as users were told; milliseconds since 1970. */
  backOffNoted: Map<string, number>;
  /** Set by the steps that failed, cleared by those that succeed. */
  waiting: Map<string, Waiting>;
  /** When a failed step may be tried again; milliseconds since 1970. */
  retryAt: Map<string, number>;
  /** Containers being stopped -> when they are killed; milliseconds since 1970. */
  stopping: Map<string, number>;
  /** Images that were made sure of for the next start (see `imageKey`). */
  images: Set<string>;
  /** The last start of a container that was made and then could not be found; `at` is when that was seen, milliseconds since 1970. */
  vanished: Map<string, { attempt: number; at: number }>;
  /** The API has been told that nothing of the pod is left. */
  reportedDeleted: boolean;
}

export function newMemory(attempts: Iterable<[string, number]> = []): PodMemory {
  return {
    attempts: new Map(attempts),
    backoffs: new Map(),
    backOffNoted: new Map(),
    waiting: new Map(),
    retryAt: new Map(),
    stopping: new Map(),
    images: new Set(),
    vanished: new Map(),
    reportedDeleted: false,
  };
}

import type { Pod } from '@kubus/shared/schema';
import type { Allocation } from './allocation.ts';
import type { Backoff, NotedWait } from './backoff.ts';
import type { Doom } from './doom.ts';
import type { Health } from './health.ts';
import type { PendingResize } from './resize.ts';

/** Why a container waits, as `status.containerStatuses[].state.waiting` shows it. */
interface Waiting {
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
  /** Addresses of the last sandbox that had any; kept on disk, for a pod that has ended keeps them without its sandbox. */
  podIPs: readonly string[];
  /** Attempts that are being made; on disk before they are. */
  starting: Map<string, number>;
  backoffs: Map<string, Backoff>;
  /** How long a container waits after its last end, as users were told. */
  backOffNoted: Map<string, NotedWait>;
  /** Set by the steps that failed, cleared by those that succeed. */
  waiting: Map<string, Waiting>;
  /** When a failed step may be tried again; milliseconds since 1970. */
  retryAt: Map<string, number>;
  /** Tries of a sandbox that have failed since one could be made. */
  sandboxFailures: number;
  /** Containers being stopped -> when they are killed; milliseconds since 1970. */
  stopping: Map<string, number>;
  /** Images that were made sure of for the next start (see `imageKey`). */
  images: Set<string>;
  /** The last start of a container that was made and then could not be found; `at` is when that was seen, milliseconds since 1970. */
  vanished: Map<string, { attempt: number; at: number }>;
  /** What probes say, by the container's id. */
  health: Map<string, Health>;
  /** Name -> attempt whose postStart hook has ended; kept on disk, so that it runs again only when its end was not seen. */
  postStarted: Map<string, number>;
  /** Containers whose postStart hook is running; by id. */
  postStarting: Set<string>;
  /** Containers whose postStart hook has failed, and which are ended for it; by id. */
  postStartFailed: Set<string>;
  /** Containers that were ended to be replaced by what is desired now; by id. */
  replaced: Set<string>;
  /** preStop hooks that run or have run, by the container's id. */
  preStops: Map<string, Promise<void>>;
  /** What containers said when they ended, by id; '' when nothing. */
  messages: Map<string, string>;
  /** What the node has allocated to the pod; kept on disk. */
  allocated: Allocation;
  /** Why what the pod asks for now is not allocated to it, and in which of its generations it asks for that. */
  resizePending?: (PendingResize & { generation: number | undefined }) | undefined;
  /** What was allocated is not what runs yet: since which generation, and what the runtime said against it last. */
  resizing?: { generation: number | undefined; error?: string } | undefined;
  /** When a resize that the runtime refused is tried again, by container; milliseconds since 1970. */
  resizeRetryAt: Map<string, number>;
  /** Set when the node ends the whole pod. */
  doom?: Doom;
  /** When the end of the whole pod began; milliseconds since 1970. */
  endingSince?: number;
  /** What the volumes were set up for last (see `volumesWish`); failed tries since, and when the next is due (milliseconds since 1970). */
  volumes: { wish: string | undefined; failures: number; retryAt: number };
  /** The containers of a pod that is being deleted have ended and are being removed: what was reported of their end stands. */
  removing: boolean;
  /** The API has been told that nothing of the pod is left. */
  reportedDeleted: boolean;
}

export function newMemory(
  attempts: Iterable<[string, number]> = [],
  postStarted: Iterable<[string, number]> = [],
  podIPs: readonly string[] = [],
  allocated: Allocation = { containers: {} },
): PodMemory {
  return {
    allocated,
    attempts: new Map(attempts),
    podIPs,
    starting: new Map(),
    backoffs: new Map(),
    backOffNoted: new Map(),
    waiting: new Map(),
    retryAt: new Map(),
    sandboxFailures: 0,
    stopping: new Map(),
    images: new Set(),
    vanished: new Map(),
    health: new Map(),
    postStarted: new Map(postStarted),
    postStarting: new Set(),
    postStartFailed: new Set(),
    replaced: new Set(),
    preStops: new Map(),
    volumes: { wish: undefined, failures: 0, retryAt: 0 },
    messages: new Map(),
    resizeRetryAt: new Map(),
    removing: false,
    reportedDeleted: false,
  };
}

/** What failed is tried again at once when the pod has changed, as by kubelet; an image that could not be pulled waits on, unless it is another one. */
export function forgetWaits({ retryAt, waiting }: PodMemory, before: Pod, pod: Pod): void {
  const images = new Map(containersOf(before).map(({ name, image }) => [name, image]));
  for (const { name, image } of containersOf(pod)) {
    const pulls = ['ErrImagePull', 'ImagePullBackOff'].includes(waiting.get(name)?.reason ?? '');
    if (!pulls || images.get(name) !== image) retryAt.delete(name);
  }
}

const containersOf = ({ spec }: Pod) => [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];

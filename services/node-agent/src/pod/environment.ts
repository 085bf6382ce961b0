import type { EventRecorder } from '@kubus/shared/events';
import type { Pod, PodStatus } from '@kubus/shared/schema';
import type { Logger } from '@kubus/shared/telemetry';
import type { Actions } from '../actions/contract.ts';
import type { ProvidedCredentials } from '../images/providers/index.ts';
import type { PulledImages } from '../images/pulled-images.ts';
import type { ProbeMetrics } from '../metrics/index.ts';
import type { Runtime } from '../runtime/contract.ts';
import type { StartLimiter } from '../start-limiter.ts';
import type { PodVolumes } from '../volumes/contract.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Doom } from './doom.ts';
import type { PodFacts, PodReferences } from './env.ts';
import type { TerminationLogs } from './termination-log.ts';

/** kubelet tries again with its next sync, at the latest after this long. */
export const podRetryMs = 10_000;

/** What all pods of a node share. */
export interface PodEnvironment {
  runtime: Runtime;
  config(pod: Pod): PodReferences;
  facts(pod: Pod): Omit<PodFacts, 'podIPs'>;
  /** Of the node, what pods may not use included; bytes. */
  memoryCapacity: number;
  events: EventRecorder;
  checkpoint: Checkpoint;
  volumes: PodVolumes;
  /** Last part of the names of pods and services. */
  clusterDomain: string;
  log: Logger;
  now(): number;
  /** Takes the newest status of a pod; sends it until it is accepted. */
  report(pod: Pod, status: PodStatus): void;
  /** Nobody waits for the pod's status any more. */
  forget(uid: string): void;
  /** Tells the API that nothing of the pod is left; rejects when it was not accepted. */
  reportDeleted(pod: Pod): Promise<void>;
  /** Nothing of a pod that the API does not know is left. */
  released?(): void;
  /** After how long a container that could not be made or started is tried again; milliseconds. */
  retryMs: number;
  /** Most that a container waits that keeps ending; default five minutes. */
  longestBackoffSeconds?: number;
  /** An image was made sure of for a container; `pulled` when it was not there before. */
  imageUsed?(image: string, pulled: boolean): void;
  /** Absent: whatever image is there may be used by every pod. */
  pulledImages?: PulledImages;
  /** Absent: the node has no credentials of its own. */
  providedCredentials?: ProvidedCredentials;
  /** Text of a seccomp profile in the node's folder of them; rejects when it is not there. */
  seccompProfile?(path: string): Promise<string>;
  /** Why this node does not run a pod at all. */
  refuse?(pod: Pod): Doom | undefined;
  /** Resolves when `refuse` judges by the node as the API has it now. */
  refreshNode?(): Promise<void>;
  /** Bytes that a running container uses, without what the kernel can take back at once; absent, or undefined, where nobody can tell. */
  memoryUsage?(id: string): Promise<number | undefined>;
  /** Probes and hooks; absent where nothing runs that could be asked: then all is well. */
  actions?: Actions;
  /** Counts what probes find. */
  probeMetrics?: ProbeMetrics;
  /** Absent where containers have no files. */
  terminationLogs?: TerminationLogs;
  /** Bounds how many images are pulled at once; absent: nothing does. */
  limitPulls?<T>(work: () => Promise<T>): Promise<T>;
  /** Bounds how much is made and removed at once. */
  limit: StartLimiter;
}

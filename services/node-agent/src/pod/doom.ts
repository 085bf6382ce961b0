import type { Pod } from '@kubus/shared/schema';
import type { PodMemory } from './memory.ts';

/** The node has decided to end the whole pod, which fails for it. */
export interface Doom {
  reason: string;
  message: string;
  /** The node does not take the pod at all. */
  refused?: true;
  /** Found by the labels or taints of the node, of which whoever bound the pod may have heard first. */
  byNode?: true;
  /** Default the pod's own. */
  graceSeconds?: number;
  /** Becomes the condition DisruptionTarget. */
  disruption?: { reason: string; message: string };
}

/** When the pod has been active for as long as it may be; milliseconds since 1970 (Kubernetes: activeDeadlineSeconds). */
export function deadlineOf({ spec, status }: Pod): number | undefined {
  const seconds = spec?.activeDeadlineSeconds;
  if (seconds === undefined || status?.startTime === undefined) return undefined;
  return Date.parse(status.startTime) + seconds * 1000;
}

export function doomOf(pod: Pod, memory: Pick<PodMemory, 'doom'>, now: number): Doom | undefined {
  if (memory.doom !== undefined) return memory.doom;
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return undefined;
  const deadline = deadlineOf(pod);
  if (deadline === undefined || now < deadline) return undefined;
  return {
    reason: 'DeadlineExceeded',
    message: 'Pod was active on the node longer than the specified deadline',
  };
}

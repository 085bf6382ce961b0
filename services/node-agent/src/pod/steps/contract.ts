import type { Pod } from '@kubus/shared/schema';
import type { Progress } from '../checkpoint.ts';
import type { PodEnvironment } from '../environment.ts';
import type { PodMemory } from '../memory.ts';
import type { ObservedPod } from '../observe.ts';
import type { StepMap, StepName } from '../plan.ts';

export interface StepContext extends PodEnvironment {
  /** With the resources that were allocated to it. */
  pod: Pod;
  memory: PodMemory;
  observed: ObservedPod;
  /** Plan again. */
  wake(): void;
}

export type StepExecutor<Name extends StepName> = (step: StepMap[Name], context: StepContext) => Promise<void>;

/** What is to be on disk of a pod. Containers start side by side: whoever writes writes of all that are being started. */
export const progressOf = ({ attempts, starting, postStarted, podIPs, allocated }: PodMemory): Progress => ({
  attempts: new Map([...attempts, ...starting]),
  postStarted,
  podIPs,
  allocated,
});

/** Before a container is started: should it vanish while the agent is away, it is known to have run. */
export async function noteStart(
  { checkpoint, pod, memory }: StepContext,
  container: string,
  attempt: number,
): Promise<void> {
  memory.starting.set(container, attempt);
  try {
    await checkpoint.save(pod, progressOf(memory));
  } catch (error) {
    memory.starting.delete(container);
    throw error;
  }
}

/** As the last start of the container, whatever came of it. */
export function noteStarted({ memory }: StepContext, container: string, attempt: number): void {
  memory.attempts.set(container, attempt);
  memory.starting.delete(container);
}

/** It was not started after all: the next try has the same number. */
export async function takeBackStart({ checkpoint, pod, memory }: StepContext, container: string): Promise<void> {
  memory.starting.delete(container);
  await checkpoint.save(pod, progressOf(memory));
}

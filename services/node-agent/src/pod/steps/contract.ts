import type { Pod } from '@kubus/shared/schema';
import type { Progress } from '../checkpoint.ts';
import type { PodEnvironment } from '../environment.ts';
import type { PodMemory } from '../memory.ts';
import type { ObservedPod } from '../observe.ts';
import type { StepMap, StepName } from '../plan.ts';

export interface StepContext extends PodEnvironment {
  pod: Pod;
  memory: PodMemory;
  observed: ObservedPod;
  /** Plan again. */
  wake(): void;
}

export type StepExecutor<Name extends StepName> = (step: StepMap[Name], context: StepContext) => Promise<void>;

/** What is to be on disk before this start is made. */
export const withAttempt = ({ attempts, postStarted }: PodMemory, container: string, attempt: number): Progress => ({
  attempts: new Map([...attempts, [container, attempt]]),
  postStarted,
});

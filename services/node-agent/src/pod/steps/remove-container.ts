import type { StepExecutor } from './contract.ts';

/** Removes a container, dead or alive, and its anonymous volumes. */
export const removeContainer: StepExecutor<'remove-container'> = async ({ id }, { pod, memory, runtime, limit }) => {
  memory.removing = pod.metadata.deletionTimestamp !== undefined;
  await limit('removal', () => runtime.remove(id));
};

import type { StepExecutor } from './contract.ts';

/** Nothing of the pod runs: its volumes and their data go. */
export const removeVolumes: StepExecutor<'remove-volumes'> = async (_, { pod, volumes }) => {
  await volumes.remove(pod.metadata.uid ?? '');
};

import type { StepExecutor } from './contract.ts';

/** Nothing of the pod is left here: the API may forget it. */
export const reportDeleted: StepExecutor<'report-deleted'> = async (_, { pod, memory, reportDeleted: report }) => {
  await report(pod);
  memory.reportedDeleted = true;
};

import type { StepExecutor } from './contract.ts';

/** Removes a container, dead or alive, and its anonymous volumes. */
export const removeContainer: StepExecutor<'remove-container'> = async ({ id, awaited }, context) => {
  const { pod, memory, runtime, limit, log, wake } = context;
  memory.removing = pod.metadata.deletionTimestamp !== undefined;
  memory.removals.add(id);
  try {
    await limit(awaited === true ? 'ending' : 'removal', () => runtime.remove(id));
  } catch (err) {
    log.warn({ err, id }, 'A container could not be removed; trying again');
    // After a pause, so that a runtime that is away is not asked without end.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  } finally {
    memory.removals.delete(id);
    wake();
  }
};

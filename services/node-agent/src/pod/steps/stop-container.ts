import type { StepExecutor } from './contract.ts';
import { emit } from './failures.ts';

/** Asks the container to end, and kills it when its grace period is over. */
export const stopContainer: StepExecutor<'stop-container'> = async ({ id, container, graceSeconds }, context) => {
  const { memory, runtime, log, now, wake } = context;
  if (!memory.stopping.has(id)) emit(context, container, 'Normal', 'Killing', `Stopping container ${container}`);
  const killAt = now() + graceSeconds * 1000;
  memory.stopping.set(id, killAt);
  try {
    await runtime.stop(id, graceSeconds);
  } catch (err) {
    log.warn({ err, container, id }, 'A container could not be stopped; trying again');
    // After a pause, so that a runtime that is away is not asked without end.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  } finally {
    if (memory.stopping.get(id) === killAt) memory.stopping.delete(id);
    wake();
  }
};

import { ContainerStartError } from '../../runtime/contract.ts';
import type { StepExecutor } from './contract.ts';
import { emit, messageOf } from './failures.ts';

/** Gives a running container its new limits (KEP-1287). */
export const resizeContainer: StepExecutor<'resize-container'> = async ({ id, container, to }, context) => {
  const { runtime, memory, now, retryMs } = context;
  try {
    await runtime.update(id, to);
    memory.resizeFailures.delete(container);
  } catch (error) {
    if (!(error instanceof ContainerStartError)) throw error;
    emit(context, container, 'Warning', 'ResizeError', `Error resizing container: ${messageOf(error)}`);
    memory.resizeFailures.set(container, { message: messageOf(error), retryAt: now() + retryMs });
  }
};

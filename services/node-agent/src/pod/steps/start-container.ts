import type { StepExecutor } from './contract.ts';
import { emit, failed, messageOf, succeeded } from './failures.ts';

/** Starts what was made before, by an agent that ended between the two. */
export const startContainer: StepExecutor<'start-container'> = async ({ id, container }, context) => {
  try {
    await context.limit(() => context.runtime.start(id));
    succeeded(context, container);
  } catch (error) {
    // What cannot be started is made anew.
    await context.runtime.remove(id);
    emit(context, container, 'Warning', 'Failed', `Error: ${messageOf(error)}`);
    failed(context, container, 'RunContainerError', messageOf(error));
  }
};

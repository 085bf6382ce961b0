import { carryOutHook } from './carry-out-hook.ts';
import { progressOf, type StepExecutor } from './contract.ts';
import { emit, specOf } from './failures.ts';

/** Runs the hook of a container that has just been started; one that fails ends the container (Kubernetes: postStart). */
export const runPostStart: StepExecutor<'run-post-start'> = async ({ id, container, attempt }, context) => {
  const { memory, checkpoint, pod, log, wake } = context;
  const handler = specOf(context, container).lifecycle?.postStart;
  memory.postStarting.add(id);
  try {
    if (handler !== undefined) await carryOutHook(handler, { id, container }, context, new AbortController().signal);
  } catch (err) {
    log.info({ err, container, id }, 'A postStart hook failed');
    // Of a container that has ended meanwhile its end tells more.
    memory.postStartFailed.add(id);
    // Without its output, which may hold secrets.
    emit(context, container, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
  }
  memory.postStarted.set(container, attempt);
  try {
    await checkpoint.save(pod, progressOf(memory));
  } catch (err) {
    log.warn(
      { err, container, id },
      'The end of a postStart hook could not be noted; an agent that starts anew runs it again',
    );
  }
  memory.postStarting.delete(id);
  wake();
};

import { ContainerStartError } from '../../runtime/contract.ts';
import { nextBackoff } from '../backoff.ts';
import { containerSpec } from '../container-spec.ts';
import { ConfigError, resolveEnv } from '../env.ts';
import { endOf } from '../times.ts';
import type { StepContext, StepExecutor } from './contract.ts';
import { emit, failed, messageOf, specOf, succeeded } from './failures.ts';

/** Makes and starts a container: the first time, or again after it ended. */
export const runContainer: StepExecutor<'run-container'> = async (step, context) => {
  const { pod, memory, runtime, checkpoint, limit } = context;
  const spec = specOf(context, step.container);
  const env = await environment(step.container, context);
  if (env === undefined) return;
  const before = memory.attempts.get(step.container);
  memory.attempts.set(step.container, step.attempt);
  await checkpoint.save(pod, memory.attempts);
  let id: string | undefined;
  try {
    await limit(async () => {
      const { allocatable } = context.facts();
      const start = { ...step, env, mounts: [], memoryCapacity: allocatable.memoryBytes };
      id = await runtime.createContainer(containerSpec(pod, spec, start));
      if (id === undefined) return;
      emit(context, step.container, 'Normal', 'Created', `Container created`);
      await runtime.start(id);
      emit(context, step.container, 'Normal', 'Started', `Container started`);
    });
    if (step.restartOf !== undefined) {
      memory.backoffs.set(step.container, nextBackoff(memory.backoffs.get(step.container), endOf(step.restartOf)));
    }
    succeeded(context, step.container);
  } catch (error) {
    if (!(error instanceof ContainerStartError)) throw error;
    if (id !== undefined) await runtime.remove(id);
    // It never ran: the next try is the same attempt.
    if (before === undefined) memory.attempts.delete(step.container);
    else memory.attempts.set(step.container, before);
    emit(context, step.container, 'Warning', 'Failed', `Error: ${messageOf(error)}`);
    failed(context, step.container, id === undefined ? 'CreateContainerError' : 'RunContainerError', messageOf(error));
  }
};

async function environment(container: string, context: StepContext): Promise<[string, string][] | undefined> {
  const { pod, observed } = context;
  try {
    const podIPs = observed.sandbox?.ips ?? [];
    return await resolveEnv(pod, specOf(context, container), context.config(pod), { ...context.facts(), podIPs });
  } catch (error) {
    const message = messageOf(error);
    emit(context, container, 'Warning', 'Failed', `Error: ${message}`);
    failed(
      context,
      container,
      error instanceof ConfigError ? 'CreateContainerConfigError' : 'CreateContainerError',
      message,
      5_000,
    );
    return undefined;
  }
}

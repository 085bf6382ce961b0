import { sandboxSpec } from '../container-spec.ts';
import type { StepExecutor } from './contract.ts';
import { emit, failed, messageOf, succeeded } from './failures.ts';

/** Makes and starts the sandbox. */
export const runSandbox: StepExecutor<'run-sandbox'> = async ({ attempt }, context) => {
  const { runtime, pod, memory, checkpoint, limit } = context;
  memory.attempts.set('', attempt);
  await checkpoint.save(pod, memory.attempts);
  try {
    await limit(async () => {
      const id = await runtime.createSandbox(sandboxSpec(pod, attempt));
      if (id !== undefined) await runtime.start(id);
    });
    succeeded(context, '');
  } catch (error) {
    emit(context, '', 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${messageOf(error)}`);
    failed(context, '', 'FailedCreatePodSandBox', messageOf(error));
  }
};

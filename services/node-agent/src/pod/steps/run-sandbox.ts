import { HostnameError } from '../../pod-files/index.ts';
import { ContainerStartError } from '../../runtime/contract.ts';
import { sandboxSpec } from '../container-spec.ts';
import type { StepExecutor } from './contract.ts';
import { sandboxFailed, succeeded } from './failures.ts';

/** Makes and starts the sandbox. The pod goes into the checkpoint with it: from here on it is looked after without the API. */
export const runSandbox: StepExecutor<'run-sandbox'> = async ({ attempt }, context) => {
  const { runtime, pod, memory, checkpoint, limit } = context;
  if (pod.spec?.hostUsers === false)
    return sandboxFailed(
      context,
      new Error('hostUsers: false: this runtime gives pods no user namespaces of their own'),
    );
  let id: string | undefined;
  try {
    await limit('sandbox', async () => {
      id = await runtime.createSandbox(sandboxSpec(pod, attempt, context.clusterDomain));
      if (id === undefined) return;
      await Promise.all([runtime.start(id), checkpoint.save(pod, memory)]);
    });
    succeeded(context, '');
  } catch (error) {
    if (!(error instanceof ContainerStartError) && !(error instanceof HostnameError)) throw error;
    if (id !== undefined) await runtime.remove(id);
    sandboxFailed(context, error);
  }
};

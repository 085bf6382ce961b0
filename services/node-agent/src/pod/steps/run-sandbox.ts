import { HostnameError } from '../../pod-files/index.ts';
import { ContainerStartError } from '../../runtime/contract.ts';
import { sandboxSpec } from '../container-spec.ts';
import { ConfigError } from '../env.ts';
import { progressOf, type StepContext, type StepExecutor } from './contract.ts';
import { sandboxFailed, succeeded } from './failures.ts';

/** What the pod's class of runtimes names; undefined is the default (Kubernetes: "Runtime Class"). */
async function handlerOf({ pod, config }: StepContext): Promise<string | undefined> {
  const name = pod.spec?.runtimeClassName;
  if (name === undefined || name === '') return undefined;
  const found = await config(pod).runtimeClass(name);
  if (found === undefined) throw new ConfigError(`runtimeclass.node.k8s.io "${name}" not found`);
  return found.handler;
}

/** The engine gives user namespaces to all containers or to none; in kubelet's words. */
function noUserNamespaces(handler: string | undefined): string {
  const who = handler === undefined ? 'runtime' : `RuntimeClass handler "${handler}"`;
  return `can't set \`spec.hostUsers: false\`, ${who} does not support user namespaces`;
}

/** Makes and starts the sandbox. The pod goes into the checkpoint with it: from here on it is looked after without the API. */
export const runSandbox: StepExecutor<'run-sandbox'> = async ({ attempt }, context) => {
  const { runtime, pod, memory, checkpoint, limit } = context;
  let id: string | undefined;
  try {
    const handler = await handlerOf(context);
    if (pod.spec?.hostUsers === false) throw new ContainerStartError(noUserNamespaces(handler));
    await limit('sandbox', async () => {
      id = await runtime.createSandbox(sandboxSpec(pod, attempt, { clusterDomain: context.clusterDomain, handler }));
      if (id === undefined) return;
      await Promise.all([runtime.start(id), checkpoint.save(pod, progressOf(memory))]);
    });
    succeeded(context, '');
  } catch (error) {
    if (![ContainerStartError, HostnameError, ConfigError].some((kind) => error instanceof kind)) throw error;
    if (id !== undefined) await runtime.remove(id);
    sandboxFailed(context, error);
  }
};

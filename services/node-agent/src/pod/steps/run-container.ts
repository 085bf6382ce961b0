import type { Container, EphemeralContainer } from '@kubus/shared/schema';
import { type ContainerMount, type ContainerSecurity, ContainerStartError } from '../../runtime/contract.ts';
import { backoffOf, nextBackoff } from '../backoff.ts';
import { containerSpec, type Start } from '../container-spec.ts';
import { ConfigError, resolveEnv } from '../env.ts';
import { imageKey, type StepMap } from '../plan.ts';
import { containerSecurity } from '../security.ts';
import { endOf } from '../times.ts';
import { noteStart, noteStarted, type StepContext, type StepExecutor, takeBackStart } from './contract.ts';
import { emit, failed, messageOf, specOf, succeeded } from './failures.ts';
import { begin } from './start-container.ts';

/** Makes and starts a container: the first time, or again after it ended. */
export const runContainer: StepExecutor<'run-container'> = async (step, context) => {
  const { pod, memory, runtime, limit, volumes } = context;
  const spec = specOf(context, step.container);
  const inputs = await inputsOf(step, context);
  if (inputs === undefined) return volumes.started(pod, step.container);
  let id: string | undefined;
  try {
    await limit('container', async () => {
      const mounts = [...inputs.mounts, ...(await terminationMount(step, spec, context))];
      const start = {
        ...step,
        ...inputs,
        target: targetId(spec, context),
        handler: context.observed.sandbox?.handler,
        mounts,
        memoryCapacity: context.memoryCapacity,
      };
      id = await runtime.createContainer(containerSpec(pod, spec, start));
      if (id === undefined) return;
      emit(context, step.container, 'Normal', 'Created', 'Container created');
      await noteStart(context, step.container, step.attempt);
      await begin(context, id, step.container);
      noteStarted(context, step.container, step.attempt);
    });
    // The next start makes sure of the image again, as its pull policy says.
    memory.images.delete(imageKey(step.container, spec.image ?? ''));
    if (step.restartOf !== undefined) {
      const before = backoffOf(memory.backoffs, spec, step.restartOf);
      memory.backoffs.set(step.container, nextBackoff(before, endOf(step.restartOf), context.longestBackoffSeconds));
    }
    succeeded(context, step.container);
  } catch (error) {
    if (!(error instanceof ContainerStartError)) throw error;
    memory.images.delete(imageKey(step.container, spec.image ?? ''));
    if (id !== undefined) await runtime.remove(id);
    await takeBackStart(context, step.container);
    emit(context, step.container, 'Warning', 'Failed', `Error: ${messageOf(error)}`);
    failed(context, step.container, id === undefined ? 'CreateContainerError' : 'RunContainerError', messageOf(error));
  }
  // Not after any other error: then the engine may yet start it.
  await volumes.started(pod, step.container);
};

type Inputs = Pick<Start, 'env' | 'mounts' | 'security'>;

function securityOf(name: string, context: StepContext): Promise<ContainerSecurity> {
  const { pod, runtime, seccompProfile } = context;
  const spec = specOf(context, name);
  return containerSecurity(pod, spec, {
    imageUser: () => runtime.imageUser(spec.image ?? ''),
    seccompProfile: async (path) => {
      if (seccompProfile === undefined) throw new ConfigError('this node has no seccomp profiles');
      // With Kubernetes the runtime reads it, as it makes the container.
      return seccompProfile(path).catch((cause: unknown) => {
        throw new ContainerStartError(messageOf(cause), { cause });
      });
    },
  });
}

/** The running container that an ephemeral container was made to look into (Kubernetes: targetContainerName). */
function targetId(spec: Container | EphemeralContainer, { observed }: StepContext): string | undefined {
  if (!('targetContainerName' in spec) || spec.targetContainerName === undefined) return undefined;
  const target = observed.containers.find((other) => other.spec.name === spec.targetContainerName)?.latest;
  if (target?.state === 'running') return target.id;
  throw new ContainerStartError(`unable to find target container "${spec.targetContainerName}"`);
}

/** The file for the container's last words. */
async function terminationMount(
  { container, attempt }: { container: string; attempt: number },
  { terminationMessagePath: target = '/dev/termination-log' }: Container,
  { pod, terminationLogs }: StepContext,
): Promise<ContainerMount[]> {
  if (terminationLogs === undefined || target === '') return [];
  const source = await terminationLogs.provide(pod.metadata.uid ?? '', container, attempt);
  return [{ source, target, readOnly: false, propagation: 'rprivate' }];
}

/**
 * The variables and files of a start; undefined when they cannot be had: then the container waits. Whatever is amiss before the runtime is
 * asked is CreateContainerConfigError, also an API that does not answer (kubelet: generateContainerConfig).
 */
async function inputsOf({ container, attempt }: StepMap['run-container'], context: StepContext) {
  const { pod, observed, volumes } = context;
  const podIPs = pod.spec?.hostNetwork === true ? context.facts(pod).hostIPs : (observed.sandbox?.ips ?? []);
  try {
    const env = await environment(container, podIPs, context);
    const mounts = await volumes.mounts(pod, specOf(context, container), { attempt, env, podIPs });
    const security = await securityOf(container, context);
    return { env, mounts, security } satisfies Inputs;
  } catch (error) {
    const message = messageOf(error);
    emit(context, container, 'Warning', 'Failed', `Error: ${message}`);
    failed(
      context,
      container,
      error instanceof ContainerStartError ? 'CreateContainerError' : 'CreateContainerConfigError',
      message,
    );
    return undefined;
  }
}

async function environment(
  container: string,
  podIPs: readonly string[],
  context: StepContext,
): Promise<[string, string][]> {
  const { pod, config, facts, volumes } = context;
  try {
    return await resolveEnv(pod, specOf(context, container), {
      config: config(pod),
      facts: { ...facts(pod), podIPs },
      file: (volume, path) => volumes.envFile(pod, volume, path),
    });
  } catch (error) {
    // The API cannot be asked: the container runs on with what it ran with before.
    const known = error instanceof ConfigError ? undefined : await environmentBefore(container, context);
    if (known === undefined) throw error;
    return known;
  }
}

async function environmentBefore(container: string, { observed, runtime }: StepContext) {
  const latest = observed.containers.find(({ spec }) => spec.name === container)?.latest;
  return latest === undefined || latest.id === '' ? undefined : runtime.environment(latest.id);
}

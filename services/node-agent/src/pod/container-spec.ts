import type { Container, Pod } from '@kubus/shared/schema';
import { podNames } from '../pod-files/index.ts';
import type { ContainerSecurity, ContainerSpec, SandboxSpec } from '../runtime/contract.ts';
import { expand } from './env.ts';
import { oomScoreAdj } from './oom-score.ts';
import { amountsOf } from './resources.ts';
import { podNamespaces } from './security.ts';

const identity = (pod: Pod) => ({
  uid: pod.metadata.uid ?? '',
  name: pod.metadata.name,
  namespace: pod.metadata.namespace ?? '',
});

/** What the sandbox of a pod is. Throws HostnameError. */
export function sandboxSpec(
  pod: Pod,
  attempt: number,
  { clusterDomain, handler }: { clusterDomain: string; handler: string | undefined },
): SandboxSpec {
  const ports = (pod.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  return {
    pod: identity(pod),
    ...podNamespaces(pod),
    sysctls: (pod.spec?.securityContext?.sysctls ?? []).map(({ name, value }) => [name.replaceAll('/', '.'), value]),
    hostname: podNames(pod, clusterDomain).hostname,
    ports: ports.map((port) => ({
      containerPort: port.containerPort,
      hostPort: port.hostPort ?? 0,
      protocol: port.protocol ?? 'TCP',
      ...(port.hostIP === undefined ? {} : { hostIP: port.hostIP }),
    })),
    attempt,
    ...(handler === undefined ? {} : { handler }),
  };
}

export interface Start {
  attempt: number;
  sandboxId: string;
  sandboxAttempt: number;
  /** What runs the sandbox. */
  handler?: string | undefined;
  round?: number;
  env: readonly [string, string][];
  mounts: ContainerSpec['mounts'];
  security: ContainerSecurity;
  /** Id of the container whose processes an ephemeral container is to see. */
  target?: string | undefined;
  /** Of the node; bytes. */
  memoryCapacity: number;
}

/** What is asked of the runtime for one start of a container. */
export function containerSpec(pod: Pod, container: Container, start: Start): ContainerSpec {
  const variables = new Map(start.env);
  return {
    pod: identity(pod),
    name: container.name,
    attempt: start.attempt,
    image: container.image ?? '',
    ...(isEmpty(container.command) ? {} : { command: container.command?.map((part) => expand(part, variables)) ?? [] }),
    ...(isEmpty(container.args) ? {} : { args: container.args?.map((part) => expand(part, variables)) ?? [] }),
    ...(container.workingDir === undefined ? {} : { workingDir: container.workingDir }),
    env: start.env,
    sandboxId: start.sandboxId,
    sandboxAttempt: start.sandboxAttempt,
    ...(start.handler === undefined ? {} : { handler: start.handler }),
    ...(start.round === undefined ? {} : { round: start.round }),
    ...(container.lifecycle?.stopSignal === undefined ? {} : { stopSignal: container.lifecycle.stopSignal }),
    tty: container.tty === true,
    stdin: container.stdin === true,
    stdinOnce: container.stdinOnce === true,
    ...amountsOf(pod, container),
    oomScoreAdj: oomScoreAdj(pod, container, start.memoryCapacity),
    security: start.security,
    hostIpc: pod.spec?.hostIPC === true,
    ...processes(pod, start),
    mounts: start.mounts,
  };
}

const isEmpty = (list: readonly string[] | undefined) => list === undefined || list.length === 0;

/** Kubernetes: hostPID, shareProcessNamespace, targetContainerName. */
function processes({ spec }: Pod, { sandboxId, target }: Start): Pick<ContainerSpec, 'processesOf'> {
  if (spec?.hostPID === true) return { processesOf: { host: true } };
  if (spec?.shareProcessNamespace === true) return { processesOf: { id: sandboxId } };
  return target === undefined ? {} : { processesOf: { id: target } };
}

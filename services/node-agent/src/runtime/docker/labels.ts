import type { PodIdentity } from '../contract.ts';

/** Labels on everything that an agent makes in Docker; after a restart they are what is known. */
export const label = {
  cluster: 'kubus.io/cluster',
  node: 'kubus.io/node',
  podUid: 'kubus.io/pod-uid',
  podName: 'kubus.io/pod-name',
  podNamespace: 'kubus.io/pod-namespace',
  /** Absent on the sandbox. */
  container: 'kubus.io/container',
  sandbox: 'kubus.io/sandbox',
  attempt: 'kubus.io/attempt',
  sandboxAttempt: 'kubus.io/sandbox-attempt',
  /** Absent in the first round. */
  round: 'kubus.io/round',
  /** On a sandbox that the engine's default runtime does not run. */
  handler: 'kubus.io/runtime-handler',
  /** Addresses, separated by commas, of a sandbox that the engine did not connect. */
  podIPs: 'kubus.io/pod-ips',
} as const;

export interface NodeScope {
  cluster: string;
  node: string;
}

export function labelsOf(
  scope: NodeScope,
  pod: PodIdentity,
  container: string,
  attempt: number,
  sandboxAttempt = attempt,
): Record<string, string> {
  return {
    [label.cluster]: scope.cluster,
    [label.node]: scope.node,
    [label.podUid]: pod.uid,
    [label.podName]: pod.name,
    [label.podNamespace]: pod.namespace,
    ...(container === '' ? { [label.sandbox]: 'true' } : { [label.container]: container }),
    [label.attempt]: `${attempt}`,
    [label.sandboxAttempt]: `${sandboxAttempt}`,
  };
}

/** Unique on the engine for one start of one container: a second creation is refused by Docker, so nothing runs twice. */
export function containerName(pod: PodIdentity, container: string, attempt: number): string {
  return `kubus-${pod.uid}-${container === '' ? 'sandbox' : `c-${container}`}-${attempt}`;
}

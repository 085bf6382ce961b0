import { requiredNodeAffinity, tolerates } from '@kubus/shared/object';
import type { Node, Pod } from '@kubus/shared/schema';
import { isStatic } from '../static-pods/manifests.ts';
import { rejected } from './admission.ts';
import type { Doom } from './doom.ts';
import { askedFor } from './resources.ts';

/** Kubernetes: SystemCriticalPriority. kubelet makes room for such a pod; here it is taken beside the others. */
const criticalPriority = 2_000_000_000;

export interface Room {
  cpuMillis: number;
  memoryBytes: number;
  pods: number;
}

/**
 * Why a pod does not fit on the node, beside those that are there: pods that somebody bound by hand have passed no scheduler (kubelet: admission by
 * predicates). Pure.
 */
export function misfit(pod: Pod, others: readonly Pod[], room: Room, node: Node): Doom | undefined {
  const critical = isStatic(pod) || (pod.spec?.priority ?? 0) >= criticalPriority;
  // Taken before, by an agent that has not come to start it: what was said of the node since is no reason against it.
  const taken = pod.status?.startTime !== undefined;
  return rejected(
    (critical ? undefined : lack(pod, others, room)) ??
      (taken ? undefined : unselected(pod, node)) ??
      takenPort(pod, others) ??
      (taken || isStatic(pod) ? undefined : repelled(pod, node)),
  );
}

const predicate = (reason: string, text: string): Doom => ({ reason, message: `Predicate ${reason} failed: ${text}` });

function unselected({ spec }: Pod, node: Node): Doom | undefined {
  const matches = spec === undefined ? undefined : requiredNodeAffinity(spec);
  if (matches === undefined || matches(node)) return undefined;
  return { ...predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector"), byNode: true };
}

/** kubelet heeds the taints that would end the pod, and leaves those that only keep it off to schedulers. */
function repelled({ spec }: Pod, node: Node): Doom | undefined {
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
  if (taints.every((taint) => tolerates(spec?.tolerations ?? [], taint))) return undefined;
  return { ...predicate('TaintToleration', "node(s) had taints that the pod didn't tolerate"), byNode: true };
}

function lack(pod: Pod, others: readonly Pod[], room: Room): Doom | undefined {
  const wanted = askedFor(pod);
  const taken = others.map(askedFor);
  const sum = (name: 'cpu' | 'memory') => taken.reduce((total, each) => total + each[name], 0);
  const amounts = [
    ['pods', 1, others.length, room.pods],
    ['cpu', wanted.cpu, sum('cpu'), room.cpuMillis],
    ['memory', wanted.memory, sum('memory'), room.memoryBytes],
  ] as const;
  for (const [name, requested, used, capacity] of amounts) {
    if (requested === 0 || requested <= capacity - used) continue;
    const message = `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${used}, capacity: ${capacity}`;
    return { reason: `OutOf${name}`, message };
  }
  return undefined;
}

function takenPort(pod: Pod, others: readonly Pod[]): Doom | undefined {
  const wanted = hostPorts(pod);
  if (wanted.length === 0) return undefined;
  const taken = others.flatMap(hostPorts);
  if (!wanted.some((port) => taken.some((other) => conflict(port, other)))) return undefined;
  return predicate('NodePorts', "node(s) didn't have free ports for the requested pod ports");
}

interface HostPort {
  port: number;
  protocol: string;
  /** '' for all. */
  ip: string;
}

const everywhere = (ip: string | undefined) => (ip === undefined || ip === '0.0.0.0' || ip === '::' ? '' : ip);

function hostPorts({ spec }: Pod): HostPort[] {
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...sidecars, ...(spec?.containers ?? [])].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, protocol = 'TCP', hostIP }) =>
      hostPort === 0 ? [] : [{ port: hostPort, protocol, ip: everywhere(hostIP) }],
    ),
  );
}

const conflict = (a: HostPort, b: HostPort) =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === '' || b.ip === '' || a.ip === b.ip);

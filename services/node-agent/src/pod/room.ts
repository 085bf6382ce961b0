import type { Pod } from '@kubus/shared/schema';
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
 * Why a pod does not fit beside those that are on the node: pods that somebody bound by hand have passed no scheduler (kubelet: admission by predicates).
 * Pure.
 */
export function misfit(pod: Pod, others: readonly Pod[], room: Room): Doom | undefined {
  if ((pod.spec?.priority ?? 0) >= criticalPriority) return undefined;
  return rejected(lack(pod, others, room) ?? takenPort(pod, others));
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
  const desc = "node(s) didn't have free ports for the requested pod ports";
  return { reason: 'NodePorts', message: `Predicate NodePorts failed: ${desc}` };
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

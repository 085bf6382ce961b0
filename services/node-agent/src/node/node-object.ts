import { formatQuantity } from '@kubus/shared/object';
import type { Node, NodeCondition, NodeStatus } from '@kubus/shared/schema';
import type { Capacity } from '../runtime/contract.ts';

export interface NodeFacts {
  name: string;
  addresses: readonly string[];
  capacity: Capacity;
  /** What pods may use; default all of the capacity. */
  allocatable?: { cpuMillis?: number; memoryBytes?: number };
  /** Kubernetes: --max-pods, default 110. */
  maxPods: number;
  runtimeVersion: string;
  kubeletVersion: string;
  machineId: string;
  bootId: string;
  /** Why the runtime does not answer; undefined when it does. */
  problem?: string;
}

/** The Node as its agent registers it. */
export function nodeObject(facts: NodeFacts): Node {
  const { architecture } = facts.capacity;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: facts.name,
      labels: {
        'beta.kubernetes.io/arch': architecture,
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': architecture,
        'kubernetes.io/hostname': facts.name,
        'kubernetes.io/os': 'linux',
      },
    },
  };
}

/** Amounts as the API takes them; `pods` is a count. */
export function allocatableOf(facts: NodeFacts): { cpuMillis: number; memoryBytes: number; storageBytes: number } {
  return {
    cpuMillis: facts.allocatable?.cpuMillis ?? facts.capacity.cpuMillis,
    memoryBytes: facts.allocatable?.memoryBytes ?? facts.capacity.memoryBytes,
    storageBytes: facts.capacity.storageBytes,
  };
}

/** The part of the status that an agent owns; times of conditions that did not change are kept. */
export function nodeStatus(facts: NodeFacts, known: Node | undefined, now: string): NodeStatus {
  const amounts = (of: { cpuMillis: number; memoryBytes: number; storageBytes: number }) => ({
    cpu: of.cpuMillis % 1000 === 0 ? `${of.cpuMillis / 1000}` : `${of.cpuMillis}m`,
    'ephemeral-storage': bytes(of.storageBytes),
    memory: bytes(of.memoryBytes),
    pods: `${facts.maxPods}`,
  });
  return {
    capacity: amounts(facts.capacity),
    allocatable: amounts(allocatableOf(facts)),
    addresses: [
      ...facts.addresses.map((address) => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: facts.name },
    ],
    conditions: conditions(facts, known, now),
    nodeInfo: {
      machineID: facts.machineId,
      systemUUID: facts.machineId,
      bootID: facts.bootId,
      kernelVersion: facts.capacity.kernelVersion,
      osImage: facts.capacity.operatingSystem,
      containerRuntimeVersion: facts.runtimeVersion,
      kubeletVersion: facts.kubeletVersion,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: facts.capacity.architecture,
    },
    daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
  };
}

const bytes = (amount: number) =>
  formatQuantity({ nano: BigInt(Math.floor(amount / 1024) * 1024) * 1_000_000_000n, format: 'BinarySI' });

function conditions(facts: NodeFacts, known: Node | undefined, now: string): NodeCondition[] {
  const set: [string, 'True' | 'False', string, string][] = [
    ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    facts.problem === undefined
      ? ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status']
      : ['Ready', 'False', 'KubeletNotReady', `container runtime is down: ${facts.problem}`],
  ];
  return set.map(([type, status, reason, message]) => {
    const before = known?.status?.conditions?.find((condition) => condition.type === type);
    const same = before?.status === status;
    return {
      type,
      status,
      lastHeartbeatTime: now,
      lastTransitionTime: (same ? before?.lastTransitionTime : undefined) ?? now,
      reason,
      message,
    };
  });
}

import { formatQuantity } from '@kubus/shared/object';
import type { Node, NodeCondition, NodeStatus } from '@kubus/shared/schema';
import type { Capacity, NodeImage } from '../runtime/contract.ts';

export interface NodeFacts {
  name: string;
  addresses: readonly string[];
  capacity: Capacity;
  /** What is kept from pods (kubelet: systemReserved and kubeReserved, and the hard eviction threshold of memory). */
  reserved?: { cpuMillis: number; memoryBytes: number };
  /** What pods may use; default all of the capacity that is not reserved. */
  allocatable?: { cpuMillis?: number; memoryBytes?: number };
  /** Of the engine; see `Runtime`. */
  recursiveReadOnly?: boolean;
  /** Kubernetes: --max-pods, default 110. */
  maxPods: number;
  runtimeVersion: string;
  kubeletVersion: string;
  machineId: string;
  bootId: string;
  images?: readonly NodeImage[];
  /** What the node is short of. */
  pressure?: ReadonlySet<string>;
  /** The node is about to go: it takes nothing any more. */
  shuttingDown?: boolean;
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

/** Amounts as the API takes them. What lies in huge pages is no memory for others. */
export function allocatableOf(facts: NodeFacts): { cpuMillis: number; memoryBytes: number; storageBytes: number } {
  const setAside = [...(facts.capacity.hugePages?.values() ?? [])].reduce((sum, bytes) => sum + bytes, 0);
  const kept = setAside + (facts.reserved?.memoryBytes ?? 0);
  return {
    cpuMillis: facts.allocatable?.cpuMillis ?? Math.max(0, facts.capacity.cpuMillis - (facts.reserved?.cpuMillis ?? 0)),
    memoryBytes: facts.allocatable?.memoryBytes ?? Math.max(0, facts.capacity.memoryBytes - kept),
    storageBytes: facts.capacity.storageBytes,
  };
}

/** Of what 1.36 lets nodes declare (KEP-5328), what this one can; in the order of the alphabet. */
const declaredFeatures = ['GuaranteedQoSPodCPUResize', 'RestartAllContainersOnContainerExits'] as const;

/** The part of the status that an agent owns; times of conditions that did not change are kept. */
export function nodeStatus(facts: NodeFacts, known: Node | undefined, now: string): NodeStatus {
  const amounts = (of: { cpuMillis: number; memoryBytes: number; storageBytes: number }) => ({
    cpu: of.cpuMillis % 1000 === 0 ? `${of.cpuMillis / 1000}` : `${of.cpuMillis}m`,
    'ephemeral-storage': bytes(of.storageBytes),
    ...Object.fromEntries([...(facts.capacity.hugePages ?? [])].map(([name, amount]) => [name, bytes(amount)])),
    memory: bytes(of.memoryBytes),
    pods: `${facts.maxPods}`,
  });
  const extended = extendedResources(known);
  return {
    capacity: { ...amounts(facts.capacity), ...extended },
    allocatable: { ...amounts(allocatableOf(facts)), ...extended },
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
      ...((facts.capacity.swapBytes ?? 0) === 0 ? {} : { swap: { capacity: facts.capacity.swapBytes ?? 0 } }),
    },
    ...(facts.images === undefined ? {} : { images: [...facts.images] }),
    daemonEndpoints: { kubeletEndpoint: { Port: 0 } },
    // The first is the default; pods get no user namespaces, and groups of images are always merged.
    runtimeHandlers: ['', ...(facts.capacity.runtimeHandlers ?? [])].map((name) => ({
      name,
      features: { recursiveReadOnlyMounts: facts.recursiveReadOnly === true, userNamespaces: false },
    })),
    features: { supplementalGroupsPolicy: false },
    declaredFeatures: [...declaredFeatures],
  };
}

/** What somebody has said that the node has beside: pods may use all of it (Kubernetes: "Advertise Extended Resources for a Node"). */
const extendedResources = (known: Node | undefined) =>
  Object.fromEntries(Object.entries(known?.status?.capacity ?? {}).filter(([name]) => name.includes('/')));

const bytes = (amount: number) =>
  formatQuantity({ nano: BigInt(Math.floor(amount / 1024) * 1024) * 1_000_000_000n, format: 'BinarySI' });

type ConditionText = [type: string, status: 'True' | 'False', reason: string, message: string];

function ready({ problem, shuttingDown }: NodeFacts): ConditionText {
  if (shuttingDown === true) return ['Ready', 'False', 'KubeletNotReady', 'node is shutting down'];
  return problem === undefined
    ? ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status']
    : ['Ready', 'False', 'KubeletNotReady', `container runtime is down: ${problem}`];
}

function conditions(facts: NodeFacts, known: Node | undefined, now: string): NodeCondition[] {
  const short = (condition: string) => facts.pressure?.has(condition) === true;
  const set: ConditionText[] = [
    short('MemoryPressure')
      ? ['MemoryPressure', 'True', 'KubeletHasInsufficientMemory', 'kubelet has insufficient memory available']
      : ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    short('DiskPressure')
      ? ['DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure']
      : ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    short('PIDPressure')
      ? ['PIDPressure', 'True', 'KubeletHasInsufficientPID', 'kubelet has insufficient PID available']
      : ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    ready(facts),
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

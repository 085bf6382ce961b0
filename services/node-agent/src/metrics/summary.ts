import type { Signal } from '../pressure/thresholds.ts';
import type { NodeUsage } from '../usage/contract.ts';
import { measured, type NodeReading } from './facts.ts';

/** stats.k8s.io/v1alpha1 Summary: CPU, memory, and the disk of the node; what this node does not measure (networks, disks of pods) is left out. */
export function summary(reading: NodeReading): unknown {
  const { signals, rates } = reading;
  const time = reading.time.toISOString();
  const stats = ({ cpuNanos, memoryBytes }: NodeUsage, nanoCores: number | undefined) => ({
    cpu: {
      time,
      ...(nanoCores === undefined ? {} : { usageNanoCores: nanoCores }),
      usageCoreNanoSeconds: Math.round(cpuNanos),
    },
    memory: { time, workingSetBytes: memoryBytes },
  });
  const byPod = Map.groupBy(measured(reading), ({ record }) => record.podUid);
  const rateOf = new Map(rates?.pods.map(({ uid, containers }) => [uid, containers]));
  const pods = reading.pods.map(({ metadata, status }) => {
    const of = byPod.get(metadata.uid ?? '') ?? [];
    const containers = rateOf.get(metadata.uid ?? '');
    const total = of.reduce((sum, { usage }) => add(sum, usage), { cpuNanos: 0, memoryBytes: 0 });
    const rate = containers?.reduce((sum, { cpuNanos }) => sum + cpuNanos, 0);
    return {
      podRef: { name: metadata.name, namespace: metadata.namespace ?? '', uid: metadata.uid ?? '' },
      startTime: status?.startTime ?? null,
      containers: of.map(({ record, usage }) => ({
        name: record.container,
        startTime: record.startedAt ?? null,
        ...stats(usage, containers?.find(({ name }) => name === record.container)?.cpuNanos),
      })),
      ...stats(total, rate),
    };
  });
  const node = stats(reading.machine, rates?.node.cpuNanos);
  const memory = signals.get('memory.available');
  return {
    node: {
      nodeName: reading.node,
      ...node,
      memory: { ...node.memory, ...(memory === undefined ? {} : { availableBytes: memory.available }) },
      ...fileSystem(time, signals.get('nodefs.available'), signals.get('nodefs.inodesFree')),
    },
    pods,
  };
}

const add = (a: NodeUsage, b: NodeUsage): NodeUsage => ({
  cpuNanos: a.cpuNanos + b.cpuNanos,
  memoryBytes: a.memoryBytes + b.memoryBytes,
});

function fileSystem(time: string, bytes: Signal | undefined, inodes: Signal | undefined) {
  if (bytes === undefined || inodes === undefined) return {};
  const fs = {
    time,
    availableBytes: bytes.available,
    capacityBytes: bytes.capacity,
    usedBytes: bytes.capacity - bytes.available,
    inodesFree: inodes.available,
    inodes: inodes.capacity,
    inodesUsed: inodes.capacity - inodes.available,
  };
  return { fs };
}

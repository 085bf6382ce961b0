import type { Signal } from '../pressure/thresholds.ts';
import type { ContainerDetail, NetworkUsage, NodeUsage, Stalls } from '../usage/contract.ts';
import { psiOf } from './container-details.ts';
import { type FullReading, type Measured, measured, measuredNetworks } from './facts.ts';

/** stats.k8s.io/v1alpha1 Summary: what cannot be measured here is left out. */
export function summary(reading: FullReading): unknown {
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
  const networkOf = new Map(measuredNetworks(reading).map(({ record, usage }) => [record.podUid, usage]));
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
        ...withDetail(
          stats(usage, containers?.find(({ name }) => name === record.container)?.cpuNanos),
          reading.details.get(record.id),
        ),
        ...containerDisk(time, record.id, reading),
      })),
      ...stats(total, rate),
      ...network(time, networkOf.get(metadata.uid ?? '')),
      ...podDisk(time, metadata.uid ?? '', of, reading),
    };
  });
  const node = stats(reading.machine, rates?.node.cpuNanos);
  const memory = signals.get('memory.available');
  return {
    node: {
      nodeName: reading.node,
      cpu: { ...node.cpu, ...psiOf(reading.stalls.cpu) },
      memory: {
        ...node.memory,
        ...(memory === undefined ? {} : { availableBytes: memory.available }),
        ...psiOf(reading.stalls.memory),
      },
      ...inputOutput(time, reading.stalls),
      ...fileSystem(time, signals.get('nodefs.available'), signals.get('nodefs.inodesFree')),
    },
    pods,
  };
}

interface Stats {
  cpu: { time: string };
  memory: { time: string };
}

function withDetail(stats: Stats, detail: ContainerDetail | undefined) {
  if (detail === undefined) return stats;
  const { stalls, memoryUsageBytes: usageBytes, rssBytes } = detail;
  return {
    cpu: { ...stats.cpu, ...psiOf(stalls.cpu) },
    memory: { ...stats.memory, usageBytes, rssBytes, ...psiOf(stalls.memory) },
    ...inputOutput(stats.cpu.time, stalls),
  };
}

const inputOutput = (time: string, { io }: Stalls) => (io === undefined ? {} : { io: { time, ...psiOf(io) } });

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

/** The first interface is the pod's own. */
function network(time: string, usage: NetworkUsage | undefined) {
  const interfaces = usage?.interfaces.map(({ name, rxBytes, rxErrors, txBytes, txErrors }) => ({
    ...{ name, rxBytes, rxErrors, txBytes, txErrors },
  }));
  return interfaces?.[0] === undefined ? {} : { network: { time, ...interfaces[0], interfaces } };
}

function room({ signals }: FullReading) {
  const bytes = signals.get('nodefs.available');
  return bytes === undefined ? {} : { availableBytes: bytes.available, capacityBytes: bytes.capacity };
}

function containerDisk(time: string, id: string, reading: FullReading) {
  const disk = reading.disks.containers.get(id);
  if (disk === undefined) return {};
  const fs = { time, ...room(reading) };
  return {
    rootfs: { ...fs, usedBytes: disk.writtenBytes },
    ...(disk.logBytes === undefined ? {} : { logs: { ...fs, usedBytes: disk.logBytes } }),
  };
}

function podDisk(time: string, uid: string, containers: readonly Measured[], reading: FullReading) {
  const { disks } = reading;
  const volumes = disks.volumes.get(uid) ?? [];
  const fs = { time, ...room(reading) };
  const ofContainers = containers.map(({ record: { id } }) => {
    const { writtenBytes = 0, logBytes = 0 } = disks.containers.get(id) ?? {};
    return writtenBytes + logBytes;
  });
  const sizes = [...ofContainers, ...volumes.map(({ usedBytes }) => usedBytes)];
  return {
    ...(volumes.length === 0 ? {} : { volume: volumes.map(({ name, usedBytes }) => ({ name, ...fs, usedBytes })) }),
    'ephemeral-storage': { ...fs, usedBytes: sizes.reduce((sum, size) => sum + size, 0) },
  };
}

import type { UsageReport } from '@kubus/shared/bus';
import type { Pod } from '@kubus/shared/schema';
import type { Signals } from '../pressure/thresholds.ts';
import type { Capacity, ContainerRecord } from '../runtime/contract.ts';
import type { ContainerDetail, ContainerUsage, DiskUsage, NetworkUsage, NodeUsage, Stalls } from '../usage/contract.ts';

/** What is known of a node at one moment. */
export interface NodeReading {
  node: string;
  time: Date;
  machine: NodeUsage;
  capacity: Pick<Capacity, 'cpuMillis' | 'memoryBytes'>;
  signals: Signals;
  /** Of this node's pods, dead ones included. */
  records: readonly ContainerRecord[];
  containers: readonly ContainerUsage[];
  pods: readonly Pod[];
  /** What was used of the CPU meanwhile; undefined until it was measured twice. */
  rates: UsageReport | undefined;
}

/** With what takes longer to find out. */
export interface FullReading extends NodeReading {
  /** Of pods with a network of their own. */
  networks: readonly NetworkUsage[];
  disks: DiskUsage;
  /** By id, of the containers that run and that the kernel was asked about. */
  details: ReadonlyMap<string, ContainerDetail>;
  /** Pressure on the machine. */
  stalls: Stalls;
}

export interface Measured {
  record: ContainerRecord;
  usage: ContainerUsage;
}

/** Containers that run and were measured. */
export function measured({ records, containers }: NodeReading): Measured[] {
  const usages = new Map(containers.map((usage) => [usage.id, usage]));
  return records.flatMap((record) => {
    const usage = usages.get(record.id);
    return usage === undefined || record.state !== 'running' ? [] : [{ record, usage }];
  });
}

/** The networks of pods, by the sandbox that holds each. */
export function measuredNetworks({
  records,
  networks,
}: FullReading): { record: ContainerRecord; usage: NetworkUsage }[] {
  const usages = new Map(networks.map((usage) => [usage.id, usage]));
  return records.flatMap((record) => {
    const usage = usages.get(record.id);
    return usage === undefined ? [] : [{ record, usage }];
  });
}

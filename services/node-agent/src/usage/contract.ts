/** What a container has used of the CPU since it was started, and of the memory now. */
export interface ContainerUsage {
  id: string;
  cpuNanos: number;
  /** Without what the kernel can take back at once. */
  memoryBytes: number;
}

/** The same of a whole node. */
export type NodeUsage = Omit<ContainerUsage, 'id'>;

/** How long tasks have waited for a resource (the kernel's PSI): shares of the last seconds in percent, and in all. */
interface StallTimes {
  avg10: number;
  avg60: number;
  avg300: number;
  totalMicros: number;
}

export interface Stall {
  /** At least one task has waited. */
  some: StallTimes;
  /** All of them have. */
  full: StallTimes;
}

/** What is not there is not measured. */
export interface Stalls {
  cpu?: Stall;
  memory?: Stall;
  io?: Stall;
}

/** What the kernel knows of a container beyond its usage. */
export interface ContainerDetail {
  id: string;
  userNanos: number;
  systemNanos: number;
  /** Of its limit of processor time. */
  periods: number;
  throttledPeriods: number;
  throttledNanos: number;
  memoryUsageBytes: number;
  rssBytes: number;
  cacheBytes: number;
  stalls: Stalls;
}

/** Where measurements come from. */
export interface UsageSource {
  /** Of the containers that are asked for; of one that is gone, or cannot be measured, nothing. */
  containers(ids: readonly string[]): Promise<ContainerUsage[]>;
  node(): Promise<NodeUsage>;
}

/** What went through one interface since it was made. */
export interface InterfaceUsage {
  name: string;
  rxBytes: number;
  rxPackets: number;
  rxErrors: number;
  rxDropped: number;
  txBytes: number;
  txPackets: number;
  txErrors: number;
  txDropped: number;
}

/** Of one pod. */
export interface NetworkUsage {
  /** Of its sandbox. */
  id: string;
  interfaces: InterfaceUsage[];
}

export interface ContainerDisk {
  writtenBytes: number;
  logBytes?: number;
}

/** Bytes on the node's disk. */
export interface DiskUsage {
  /** By id. */
  containers: ReadonlyMap<string, ContainerDisk>;
  /** emptyDirs, by the uid of their pod. */
  volumes: ReadonlyMap<string, readonly { name: string; usedBytes: number }[]>;
}

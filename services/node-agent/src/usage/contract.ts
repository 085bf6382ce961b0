/** What a container has used of the CPU since it was started, and of the memory now. */
export interface ContainerUsage {
  id: string;
  cpuNanos: number;
  /** Without what the kernel can take back at once. */
  memoryBytes: number;
}

/** The same of a whole node. */
export type NodeUsage = Omit<ContainerUsage, 'id'>;

/** Where measurements come from. */
export interface UsageSource {
  /** Of the containers that are asked for; of one that is gone, or cannot be measured, nothing. */
  containers(ids: readonly string[]): Promise<ContainerUsage[]>;
  node(): Promise<NodeUsage>;
}

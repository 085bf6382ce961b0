import type { ContainerSpec } from './contract.ts';

/** A container's limits as the kernel has them. */
export interface Cgroup {
  cpuShares: number;
  /** Microseconds in each 100 ms; 0 is no limit. */
  cpuQuota: number;
  /** Bytes; 0 is no limit. */
  memoryBytes: number;
}

export const cpuPeriod = 100_000;

/** As kubelet derives them: shares from requests, quota and memory limit from limits. */
export function cgroupOf({ limits, requests }: Pick<ContainerSpec, 'limits' | 'requests'>): Cgroup {
  return {
    cpuShares: Math.max(2, Math.floor(((requests.cpuMillis ?? 0) * 1024) / 1000)),
    cpuQuota: limits.cpuMillis === undefined ? 0 : Math.max(1_000, limits.cpuMillis * 100),
    memoryBytes: limits.memoryBytes ?? 0,
  };
}

export { Cgroups } from './cgroups.ts';
export type { ContainerUsage, DiskUsage, NetworkUsage, NodeUsage, UsageSource } from './contract.ts';
export { type DiskSources, diskUsage } from './disks.ts';
export { machineUsage } from './machine.ts';
export { PodNetworks } from './network.ts';
export { UsageReporter } from './reporter.ts';

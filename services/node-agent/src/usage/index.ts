export { bytesByPod } from './by-pod.ts';
export { Cgroups } from './cgroups.ts';
export type {
  ContainerDetail,
  ContainerUsage,
  DiskUsage,
  NetworkUsage,
  NodeUsage,
  Stalls,
} from './contract.ts';
export { CgroupDetails, machineStalls } from './details.ts';
export { diskUsage } from './disks.ts';
export { machineUsage } from './machine.ts';
export { PodNetworks } from './network.ts';
export { UsageReporter } from './reporter.ts';

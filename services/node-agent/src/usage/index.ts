export { Cgroups } from './cgroups.ts';
export type { ContainerUsage, NodeUsage, UsageSource } from './contract.ts';
export { machineUsage } from './machine.ts';
export { UsageReporter } from './reporter.ts';

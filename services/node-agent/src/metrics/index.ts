export { cadvisorMetrics } from './cadvisor.ts';
export type { FullReading, NodeReading } from './facts.ts';
export { kubeletMetrics } from './kubelet.ts';
export { ProbeMetrics, type ProbeResult } from './probes.ts';
export { resourceMetrics } from './resource.ts';
export { summary } from './summary.ts';

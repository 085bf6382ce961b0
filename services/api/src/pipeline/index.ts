export { type PipelineOptions, type RunningPipeline, startPipeline } from './assemble.ts';
export { bootstrapObjects } from './bootstrap.ts';
export type * from './contract.ts';
export { type ProxiedName, parseProxiedName } from './proxied-name.ts';

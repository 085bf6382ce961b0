export { startPipeline } from './assemble.ts';
export { bootstrapObjects } from './bootstrap.ts';
export type * from './contract.ts';
export { type ProxiedName, parseProxiedName } from './proxied-name.ts';

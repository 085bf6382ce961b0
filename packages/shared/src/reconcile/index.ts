export { audienceOf } from './audience.ts';
export type { BackoffOptions } from './backoff.ts';
export type { ChangeFeed, ChangeFeedHandlers } from './change-feed.ts';
export * from './contract.ts';
export { DurableConsumer, type DurableConsumerOptions } from './durable-consumer.ts';
export { Fence } from './fence.ts';
export type { ReconcileLog } from './log.ts';
export { ControllerRuntime, type ControllerRuntimeOptions } from './runtime.ts';

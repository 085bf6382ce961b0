export type { BackoffOptions } from './backoff.ts';
export * from './contract.ts';
export type { ChangeFeed, ChangeFeedHandlers, FollowedResource } from './dispatcher.ts';
export { DurableConsumer, type DurableConsumerOptions } from './durable-consumer.ts';
export { Fence } from './fence.ts';
export { JetStreamFeed, type JetStreamFeedOptions } from './jetstream-feed.ts';
export type { ReconcileLog } from './log.ts';
export { ControllerRuntime, type ControllerRuntimeOptions } from './runtime.ts';

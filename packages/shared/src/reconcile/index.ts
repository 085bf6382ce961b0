export { type BackoffOptions, backoffDelay } from './backoff.ts';
export * from './contract.ts';
export type { ChangeFeed, ChangeFeedHandlers, FollowedResource } from './dispatcher.ts';
export { DurableConsumer, type DurableConsumerOptions } from './durable-consumer.ts';
export { Fence, type FenceOptions, LostRun } from './fence.ts';
export { JetStreamFeed, type JetStreamFeedOptions } from './jetstream-feed.ts';
export type { ReconcileLog } from './log.ts';
export { ControllerRuntime, type ControllerRuntimeOptions, resourcesOf } from './runtime.ts';

export { type BackoffOptions, backoffDelay } from './backoff.ts';
export * from './contract.ts';
export type { ChangeFeed, ChangeFeedHandlers, FollowedResource } from './dispatcher.ts';
export type { ReconcileLog } from './log.ts';
export { ControllerRuntime, type ControllerRuntimeOptions, resourcesOf } from './runtime.ts';

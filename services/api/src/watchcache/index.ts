export type * from './contract.ts';
export { isRevisionTooLarge, revisionTooLarge } from './too-large.ts';
export { ReplicaWatchCaches } from './watch-caches.ts';
export { type WatchItem, WatchQueue } from './watch-queue.ts';
export type { Trigger } from './watchers.ts';

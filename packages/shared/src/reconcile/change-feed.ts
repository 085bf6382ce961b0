import type { Change } from '../changelog/contract.ts';
import type { GroupResource } from '../object/index.ts';

/** Delivery of changes of resources that no informer follows: each change reaches one replica, and again until it is handled. */
export interface ChangeFeed {
  /** Returns once delivery has begun or is being tried. */
  follow(resources: readonly GroupResource[], handlers: ChangeFeedHandlers): Promise<{ stop(): Promise<void> }>;
}

export interface ChangeFeedHandlers {
  /** Changes count as handled when this resolves; they come again when it rejects. */
  onChanges(changes: readonly Change[]): Promise<void>;
  /** Changes of the resource may have been missed. */
  onGap(resource: GroupResource): void;
}

import { desiredBucket, parseDesiredKey } from '@kubus/shared/bus';
import type { GroupResource } from '@kubus/shared/object';
import {
  type ChangeFeed,
  type ChangeFeedHandlers,
  DurableConsumer,
  type DurableConsumerOptions,
} from '@kubus/shared/reconcile';

/** Desired sets are no objects of the API; to the runtime, a changed key is a changed object of this resource. */
export const desiredSets: GroupResource = { group: 'kubus.io', resource: 'desiredsets' };

const prefix = `$KV.${desiredBucket}.`;

export interface DesiredSetFeedOptions extends Pick<DurableConsumerOptions, 'connection' | 'log' | 'retryMs'> {
  /** Makes the bucket if it is missing. */
  ensure(): Promise<void>;
}

/** Changes of the bucket of desired sets, by a durable consumer that delivers each to one of the replicas: no informer keeps what the bucket holds. */
export class DesiredSetFeed implements ChangeFeed {
  readonly #options: DesiredSetFeedOptions;

  constructor(options: DesiredSetFeedOptions) {
    this.#options = options;
  }

  async follow(_: unknown, handlers: ChangeFeedHandlers): Promise<{ stop(): Promise<void> }> {
    const { ensure, ...options } = this.#options;
    await ensure().catch((err: unknown) =>
      options.log.warn({ err }, 'The bucket of desired sets cannot be reached yet'),
    );
    const consumer = new DurableConsumer({
      ...options,
      ensureStream: ensure,
      stream: `KV_${desiredBucket}`,
      name: 'controller-manager_desired-sets',
      filter: `${prefix}>`,
      onMessages: (messages) => handlers.onChanges(messages.flatMap(({ subject }) => changeOf(subject))),
      onCreated: () => handlers.onGap(desiredSets),
    });
    await consumer.start();
    return { stop: () => consumer.stop() };
  }
}

function changeOf(subject: string) {
  const key = parseDesiredKey(subject.slice(prefix.length));
  if (key === undefined) return [];
  const object = { apiVersion: 'kubus.io/v1', kind: 'DesiredSet', metadata: key };
  return [{ type: 'updated' as const, key: { ...desiredSets, ...key }, revision: 0, previousRevision: 0, object }];
}

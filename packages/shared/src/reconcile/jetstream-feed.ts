import { createHash } from 'node:crypto';
import type { Msg, NatsConnection } from 'nats';
import type { Change } from '../changelog/contract.ts';
import { parseChange } from '../changelog/message.ts';
import type { RecentChanges } from '../changelog/recent-changes.ts';
import { changeStream } from '../changelog/stream.ts';
import { changesOf, parseChangeSubject } from '../changelog/subjects.ts';
import { type GroupResource, groupResourceName, type ObjectKey } from '../object/index.ts';
import type { ChangeFeed, ChangeFeedHandlers, FollowedResource } from './dispatcher.ts';
import { DurableConsumer } from './durable-consumer.ts';
import type { ReconcileLog } from './log.ts';

export interface JetStreamFeedOptions {
  connection: NatsConnection;
  /** Its replicas share the changes: 'controller-manager'. */
  service: string;
  log: ReconcileLog;
  /** Of the process's change reader: what the informers have parsed is not parsed again. */
  recent?: RecentChanges;
  /** Between attempts to reach a stream that is away; milliseconds, default 500. */
  retryMs?: number;
}

/**
 * The change log as work: one durable consumer for each resource, shared by the replicas that have the same controllers watching it. (NATS before
 * 2.10 knows one filter per consumer; one per controller and resource would decode every change as often as there are controllers.) Objects stay
 * sealed: mapping needs metadata only.
 */
export class JetStreamFeed implements ChangeFeed {
  readonly #options: JetStreamFeedOptions;

  constructor(options: JetStreamFeedOptions) {
    this.#options = options;
  }

  async follow(resources: readonly FollowedResource[], handlers: ChangeFeedHandlers) {
    const consumers = resources.map((followed) => this.#consumer(followed, handlers));
    await Promise.all(consumers.map((consumer) => consumer.start()));
    return {
      stop: async () => {
        await Promise.all(consumers.map((consumer) => consumer.stop()));
      },
    };
  }

  #consumer(followed: FollowedResource, handlers: ChangeFeedHandlers): DurableConsumer {
    const { service, recent, ...options } = this.#options;
    return new DurableConsumer({
      ...options,
      stream: changeStream,
      name: formatConsumerName(service, followed),
      filter: changesOf(followed.resource),
      onMessages: (messages) => handle(followed.resource, messages, handlers, recent),
      onCreated: () => handlers.onGap(followed.resource),
    });
  }
}

/** '<service>_<resource>_<hash of the audience>': other controllers, another consumer. */
export function formatConsumerName(service: string, { resource, audience }: FollowedResource): string {
  const hash = createHash('sha256')
    .update([...audience].sort().join())
    .digest('hex')
    .slice(0, 8);
  return `${service}_${groupResourceName(resource).replaceAll('.', '_')}_${hash}`;
}

async function handle(
  resource: GroupResource,
  messages: readonly Msg[],
  handlers: ChangeFeedHandlers,
  recent: RecentChanges | undefined,
): Promise<void> {
  const changes: Change[] = [];
  const parse = (key: ObjectKey, data: Uint8Array) =>
    recent === undefined ? parseChange(key, data, {}) : recent.parse(key, data);
  for (const { subject, data } of messages) {
    const key = parseChangeSubject(subject);
    const change = key === undefined ? undefined : parse(key, data);
    if (change === undefined) handlers.onGap(resource);
    else changes.push(change);
  }
  await handlers.onChanges(changes);
}

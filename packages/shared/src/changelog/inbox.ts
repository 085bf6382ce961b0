import { createInbox, type NatsConnection } from 'nats';

/**
 * A new inbox under the connection's own prefix, outside of which its user may not listen. nats.js keeps the prefix in the connection's options, which its
 * type does not show.
 */
export function inboxOf(connection: NatsConnection): string {
  const { options } = connection as NatsConnection & { options?: { inboxPrefix?: string } };
  return createInbox(options?.inboxPrefix);
}

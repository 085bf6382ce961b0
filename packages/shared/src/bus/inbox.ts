import { createInbox, type NatsConnection } from 'nats';
import type { BusIdentity } from './contract.ts';
import { escapeToken } from './token.ts';

/**
 * Prefix of the inboxes of an identity. Nobody else may listen below it: with NATS' common `_INBOX`, whoever may subscribe to `_INBOX.>` reads
 * everybody's answers.
 */
export function formatInboxPrefix(identity: { kind: string; name?: string }): string {
  return identity.name === undefined
    ? `_INBOX.${identity.kind}`
    : `_INBOX.${identity.kind}.${escapeToken(identity.name)}`;
}

/**
 * Whether the api may answer a request of this identity there. NATS does not check the reply subject that a message names, so an api that answered
 * anywhere could be made to speak in its own name to nodes and services. Desired sets are carried out by the controller-manager; simulated
 * nodes share one process and one inbox.
 */
export function isReplyOf(identity: BusIdentity, reply: string): boolean {
  if (/[\s*>]/.test(reply)) return false;
  if (reply.startsWith(`${formatInboxPrefix(identity)}.`)) return true;
  if (identity.kind === 'desired') return reply.startsWith('_INBOX.service.controller-manager.');
  return identity.kind === 'service' && identity.name === 'sim' && reply.startsWith('_INBOX.sim.');
}

/**
 * A new inbox under the connection's own prefix. nats.js keeps the prefix in the connection's options, which its type does not show.
 */
export function inboxOf(connection: NatsConnection): string {
  const { options } = connection as NatsConnection & { options?: { inboxPrefix?: string } };
  return createInbox(options?.inboxPrefix);
}

import { type ConnectionOptions, connect, credsAuthenticator, Events, type NatsConnection } from 'nats';
import type { Logger } from 'pino';
import { endAbandonedAttempts } from './abandoned-attempts.ts';
import type { BusIdentity } from './contract.ts';
import { formatInboxPrefix } from './inbox.ts';
import { readLargely } from './large-reads.ts';

export interface BusConnectOptions {
  servers: string | readonly string[];
  /** Whose credentials these are; decides the inbox prefix. `{ kind: 'join' }` and `{ kind: 'sim' }` have no name. */
  identity: BusIdentity | { kind: 'join' | 'sim'; name?: string };
  /** Content of a .creds file; absent: a server without authentication (tests). */
  creds?: string | undefined;
  /** Shown in the server's list of connections. Default `<kind>.<name>`. */
  name?: string;
  log?: Logger;
  /** Wait for a server that is not there yet; default true. */
  waitForServer?: boolean;
  /** Between attempts to connect; milliseconds, default 250 (and up to 100 more at random). */
  reconnectMs?: number;
  /** For one attempt to connect; milliseconds, default 5,000. */
  attemptMs?: number;
}

/**
 * What is published in one turn goes out in writes of up to this size. nats.js knows the option and does not document it; at its own 32 KiB, sixty
 * answers of an api under load take four times the system calls, each of which wakes the server.
 */
const writeBytes = 256 * 1024;

/**
 * A connection that comes back for ever, and notices a dead server within 15 seconds. Inboxes lie below the identity's own prefix. What is
 * published while the server is away is kept by the client up to its buffer and lost when the connection is made anew: requests above this time out
 * or are sent again, streams notice the gap.
 */
export async function connectBus(options: BusConnectOptions): Promise<NatsConnection> {
  const { identity } = options;
  const connectionOptions: ConnectionOptions & { pendingLimit: number } = {
    servers: typeof options.servers === 'string' ? options.servers : [...options.servers],
    name: options.name ?? [identity.kind, identity.name].filter(Boolean).join('.'),
    inboxPrefix: formatInboxPrefix(identity),
    ...(options.creds === undefined
      ? {}
      : { authenticator: credsAuthenticator(new TextEncoder().encode(options.creds)) }),
    maxReconnectAttempts: -1,
    reconnectTimeWait: options.reconnectMs ?? 250,
    // A server that refuses us today may have been given our account tomorrow; ending is no cure.
    ignoreAuthErrorAbort: true,
    waitOnFirstConnect: options.waitForServer ?? true,
    timeout: options.attemptMs ?? 5_000,
    pingInterval: 5_000,
    maxPingOut: 2,
    pendingLimit: writeBytes,
  };
  endAbandonedAttempts();
  readLargely();
  const connection = await connect(connectionOptions);
  if (options.log !== undefined) void report(connection, options.log);
  return connection;
}

async function report(connection: NatsConnection, log: Logger): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === Events.Disconnect) log.warn({ server: status.data }, 'Lost the connection to NATS');
    if (status.type === Events.Reconnect) log.info({ server: status.data }, 'Connected to NATS again');
    if (status.type === Events.Error)
      log.error({ code: status.data, permission: status.permissionContext }, 'NATS refused something');
  }
}

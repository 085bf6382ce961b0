import { type ConnectionOptions, connect, credsAuthenticator, Events, type NatsConnection } from 'nats';
import type { Logger } from 'pino';
import { endAbandonedAttempts } from './abandoned-attempts.ts';
import type { BusIdentity } from './contract.ts';
import { formatInboxPrefix } from './inbox.ts';
import { readLargely } from './large-reads.ts';
import { ReconnectDelays } from './reconnect-delays.ts';

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
  /** After the first attempt to connect that failed; twice as long after each that follows, up to two seconds (see `ReconnectDelays`). Milliseconds, default 250. */
  reconnectMs?: number;
  /** For one attempt to connect; milliseconds, default 5,000. */
  attemptMs?: number;
}

/**
 * What is published in one turn goes out in writes of up to this size. nats.js knows the option and does not document it; at its own 32 KiB, sixty
 * answers of an api under load take four times the system calls, each of which wakes the server.
 */
const writeBytes = 256 * 1024;

/** Most that is waited between two attempts to connect: when a server is back after long, its clients are missed. */
const longestReconnectMs = 2_000;

/**
 * A connection that comes back for ever, and notices a dead server within 15 seconds. Inboxes lie below the identity's own prefix. What is
 * published while the server is away is kept by the client up to its buffer and lost when the connection is made anew: requests above this time out
 * or are sent again, streams notice the gap.
 */
export async function connectBus(options: BusConnectOptions): Promise<NatsConnection> {
  const { identity } = options;
  const delays = new ReconnectDelays({ firstMs: options.reconnectMs ?? 250, longestMs: longestReconnectMs });
  const connectionOptions: ConnectionOptions & { pendingLimit: number } = {
    servers: typeof options.servers === 'string' ? options.servers : [...options.servers],
    name: options.name ?? [identity.kind, identity.name].filter(Boolean).join('.'),
    inboxPrefix: formatInboxPrefix(identity),
    ...(options.creds === undefined
      ? {}
      : { authenticator: credsAuthenticator(new TextEncoder().encode(options.creds)) }),
    maxReconnectAttempts: -1,
    reconnectDelayHandler: () => delays.next(),
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
  delays.connected();
  void follow(connection, delays, options.log);
  return connection;
}

async function follow(connection: NatsConnection, delays: ReconnectDelays, log: Logger | undefined): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === Events.Reconnect) delays.connected();
    if (status.type === Events.Disconnect) log?.warn({ server: status.data }, 'Lost the connection to NATS');
    if (status.type === Events.Reconnect) log?.info({ server: status.data }, 'Connected to NATS again');
    if (status.type === Events.Error)
      log?.error({ code: status.data, permission: status.permissionContext }, 'NATS refused something');
  }
}

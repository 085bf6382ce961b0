import { randomBytes } from 'node:crypto';
import { Events, type Msg, type NatsConnection, type Subscription } from 'nats';
import type { Logger } from 'pino';
import { StatusError } from '../../errors/index.ts';
import { textOf } from '../api/envelope.ts';
import type { BusStream, NodeStreamRequest } from '../contract.ts';
import { decodeFrame, encodeFrame } from '../link/frame.ts';
import { Link, type LinkLimits } from '../link/link.ts';
import {
  formatNodeLinkSubject,
  formatNodeSubject,
  formatStreamSubject,
  nodeOperations,
  parseNodeSubject,
} from '../subjects.ts';
import { decodeStreamRequest } from './request.ts';

/**
 * What streams carry goes in pieces of this size: kubectl's and Docker's own. NATS copies a message that it reads in several turns into memory that is new each time, which of
 * larger pieces are nearly all.
 */
const pieceBytes = 32 * 1024;

/** Input, output and errors are bytes; an outcome and the size of a terminal are messages. */
const byteChannels: ReadonlySet<number> = new Set([0, 1, 2]);

export interface OpenStreamOptions extends LinkLimits {
  /** For the node to accept; milliseconds, default 10,000. */
  timeoutMs?: number;
}

/**
 * The api's side: asks a node for a stream. Rejects with ServiceUnavailable when the node is not connected, Timeout when it does not answer, or the StatusError
 * with which it refuses.
 */
export async function openStream(
  connection: NatsConnection,
  node: string,
  request: NodeStreamRequest,
  options: OpenStreamOptions = {},
): Promise<BusStream> {
  const token = randomBytes(16).toString('base64url');
  const own = formatStreamSubject(node, token);
  const to = formatNodeLinkSubject(node, token);
  const accepted = Promise.withResolvers<void>();
  const subscription = connection.subscribe(own, {
    callback: (error, message) => {
      if (error === null) receive(message);
    },
  });
  const link = linkOver(connection, { to, own, subscription }, options);
  let open = false;
  const receive = (message: Msg) => {
    if (isNobody(message)) {
      if (open) link.peerGone();
      else
        accepted.reject(
          new StatusError('ServiceUnavailable', `node ${node} is not connected`, { retryAfterSeconds: 1 }),
        );
    } else if (!open && decodeFrame(message.data)?.type === 'accept') {
      open = true;
      accepted.resolve();
    } else link.receive(message.data);
  };
  void link.closed.then((status) => {
    if (!open) accepted.reject(status === undefined ? new StatusError('Gone', 'closed') : StatusError.from(status));
  });
  const timer = setTimeout(
    () => accepted.reject(new StatusError('Timeout', `node ${node} did not answer in time`)),
    options.timeoutMs ?? 10_000,
  );
  connection.publish(formatNodeSubject(node, request.operation), Buffer.from(JSON.stringify({ token, request })), {
    reply: own,
  });
  try {
    await accepted.promise;
    return link;
  } catch (error) {
    await link.close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

export interface NodeStreamsOptions extends LinkLimits {
  /** Serve streams of this node; absent: of every node the connection may (simulated nodes). */
  node?: string;
  log?: Logger;
  /** Streams open at once; more are refused with 429. Default 500. */
  maxStreams?: number;
}

/** Carries out one stream; the stream is closed when it resolves, with the error's Status when it rejects. */
export type NodeStreamHandler = (request: NodeStreamRequest, stream: BusStream, node: string) => Promise<void>;

/** The node's side: serves what the api asks. */
export function serveStreams(
  connection: NatsConnection,
  handler: NodeStreamHandler,
  options: NodeStreamsOptions = {},
): { stop(): Promise<void> } {
  const links = new Set<Link>();
  const subscription = connection.subscribe(nodeOperations(options.node), {
    callback: (error, message) => {
      if (error === null) void accept(message);
    },
  });
  const accept = async (message: Msg): Promise<void> => {
    const asked = parseNodeSubject(message.subject);
    const token =
      asked && message.reply?.startsWith(formatStreamSubject(asked.node, '').slice(0, -1))
        ? tokenOf(message)
        : undefined;
    if (asked === undefined || token === undefined) {
      options.log?.warn({ subject: message.subject }, 'Ignored a stream that cannot be answered');
      return;
    }
    const link = acceptLink(connection, asked.node, token, options);
    links.add(link);
    void link.closed.then(() => links.delete(link));
    try {
      if (links.size > (options.maxStreams ?? 500)) throw tooMany();
      const request = decodeStreamRequest(message.data, asked.operation);
      accepts(connection, asked.node, token);
      await handler(request, link, asked.node);
      await link.close();
    } catch (error) {
      if (!(error instanceof StatusError)) options.log?.error({ err: error, node: asked.node }, 'A stream failed');
      await link.close((error instanceof StatusError ? error : internal(error)).toStatus());
    }
  };
  void announceOnReconnect(connection, links);
  return {
    stop: async () => {
      subscription.unsubscribe();
      await Promise.all([...links].map((link) => link.close(stopping().toStatus())));
    },
  };
}

function tokenOf(message: Msg): string | undefined {
  try {
    const { token } = JSON.parse(textOf(message.data)) as { token?: unknown };
    return typeof token === 'string' && /^[\w-]{1,64}$/.test(token) ? token : undefined;
  } catch {
    return undefined;
  }
}

function acceptLink(connection: NatsConnection, node: string, token: string, limits: LinkLimits): Link {
  const own = formatNodeLinkSubject(node, token);
  const subscription = connection.subscribe(own, {
    callback: (error, message) => {
      if (error !== null) return;
      if (isNobody(message)) link.peerGone();
      else link.receive(message.data);
    },
  });
  const link: Link = linkOver(connection, { to: formatStreamSubject(node, token), own, subscription }, limits);
  return link;
}

function accepts(connection: NatsConnection, node: string, token: string): void {
  connection.publish(formatStreamSubject(node, token), encodeFrame({ type: 'accept', token }));
}

function linkOver(
  connection: NatsConnection,
  over: { to: string; own: string; subscription: Subscription },
  limits: LinkLimits,
): Link {
  return new Link(
    {
      publish: (bytes, probe) => {
        if (!connection.isClosed()) connection.publish(over.to, bytes, probe ? { reply: over.own } : {});
      },
      release: () => over.subscription.unsubscribe(),
    },
    { frameBytes: pieceBytes, gather: byteChannels, ...limits },
  );
}

async function announceOnReconnect(connection: NatsConnection, links: ReadonlySet<Link>): Promise<void> {
  for await (const status of connection.status())
    if (status.type === Events.Reconnect) for (const link of links) link.announce();
}

const isNobody = (message: Msg) => message.data.length === 0 && message.headers?.code === 503;
const tooMany = () =>
  new StatusError('TooManyRequests', 'too many open streams on this node', { retryAfterSeconds: 1 });
const stopping = () => new StatusError('ServiceUnavailable', 'the node agent is stopping', { retryAfterSeconds: 1 });
const internal = (cause: unknown) =>
  new StatusError('InternalError', cause instanceof Error ? cause.message : String(cause), undefined, { cause });

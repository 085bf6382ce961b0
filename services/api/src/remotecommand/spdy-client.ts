import { type Status, StatusError } from '@kubus/shared/errors';
import { CHANNEL, type ChannelItem, type RemoteClient } from './channels.ts';
import type { ExecOptions } from './exec-options.ts';
import { Inbox } from './inbox.ts';
import type { SpdyConnection, SpdyStream } from './spdy/index.ts';

/** Remote command protocols over SPDY: from v4 on the error stream carries a Status. */
export const spdyProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

/** A client opens its streams at once; what is not there by then will not come (kubelet: DefaultStreamCreationTimeout). */
const STREAMS_TIMEOUT_MS = 30_000;

const channels: ReadonlyMap<string, number> = new Map([
  ['stdin', CHANNEL.stdin],
  ['stdout', CHANNEL.stdout],
  ['stderr', CHANNEL.stderr],
  ['error', CHANNEL.error],
  ['resize', CHANNEL.resize],
]);

/** Waits for the streams that the options speak of, one for each channel. Throws Timeout when they do not come. */
export async function spdyClient(connection: SpdyConnection, options: ExecOptions): Promise<RemoteClient> {
  const wanted = new Set<number>([CHANNEL.error]);
  if (options.stdin) wanted.add(CHANNEL.stdin);
  if (options.stdout) wanted.add(CHANNEL.stdout);
  if (options.stderr) wanted.add(CHANNEL.stderr);
  if (options.tty) wanted.add(CHANNEL.resize);
  const timer = setTimeout(() => connection.end(), STREAMS_TIMEOUT_MS);
  try {
    return new SpdyClient(connection, await collect(connection, wanted));
  } finally {
    clearTimeout(timer);
  }
}

async function collect(connection: SpdyConnection, wanted: ReadonlySet<number>): Promise<Map<number, SpdyStream>> {
  const streams = new Map<number, SpdyStream>();
  for await (const stream of connection.streams) {
    const channel = channels.get(stream.headers.get('streamtype') ?? '');
    if (channel === undefined || !wanted.has(channel) || streams.has(channel)) stream.reset();
    else streams.set(channel, stream);
    if (streams.size === wanted.size) return streams;
  }
  throw new StatusError('Timeout', 'the client did not open the streams of its command');
}

class SpdyClient implements RemoteClient {
  readonly incoming: AsyncIterable<ChannelItem>;
  readonly #connection: SpdyConnection;
  readonly #streams: ReadonlyMap<number, SpdyStream>;

  constructor(connection: SpdyConnection, streams: ReadonlyMap<number, SpdyStream>) {
    this.#connection = connection;
    this.#streams = streams;
    this.incoming = this.#receive();
  }

  /** Input of both kinds in one iteration, which lasts as long as the connection: the end of stdin is not the end of the client. */
  #receive(): AsyncIterable<ChannelItem> {
    const inbox = new Inbox<ChannelItem>({ limit: 16 });
    for (const channel of [CHANNEL.stdin, CHANNEL.resize]) void this.#forward(channel, inbox);
    void this.#connection.closed.then(() => inbox.end());
    return inbox;
  }

  async #forward(channel: number, inbox: Inbox<ChannelItem>): Promise<void> {
    for await (const data of this.#streams.get(channel)?.incoming ?? []) {
      inbox.push({ channel, data });
      await inbox.room();
    }
    inbox.push({ channel });
  }

  async send(channel: number, data: Uint8Array): Promise<void> {
    await this.#streams.get(channel)?.send(data);
  }

  async finish(status: Status): Promise<void> {
    if (!this.#connection.isOpen) return;
    const error = this.#streams.get(CHANNEL.error);
    await error?.send(Buffer.from(JSON.stringify(status)));
    for (const stream of this.#streams.values()) stream.end();
    this.#connection.end();
  }
}

import type { BusStream } from '@kubus/shared/bus';
import type { Status } from '@kubus/shared/errors';

/** Channels of Kubernetes' remote command protocol, the same towards clients and towards agents. */
export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** `data` undefined: no more of that channel. */
export interface ChannelItem {
  channel: number;
  data?: Uint8Array;
}

/** The client's side of an exec or attach, whatever carries it (WebSocket, SPDY). */
export interface RemoteClient {
  /** Resolves when there is room for more. */
  send(channel: number, data: Uint8Array): Promise<void>;
  /** Sends the outcome and ends. A client that has gone is no failure. */
  finish(status: Status): Promise<void>;
  /** What the client sends. Ends when the client has gone. */
  readonly incoming: AsyncIterable<ChannelItem>;
}

const success: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };

/** Joins client and agent until one of them ends. The client always learns the outcome, if it is there to learn it. */
export async function join(client: RemoteClient, agent: BusStream): Promise<void> {
  const inbound = toAgent(client, agent);
  inbound.catch(() => undefined);
  try {
    await client.finish((await toClient(client, agent)) ?? success);
  } finally {
    await agent.close().catch(() => undefined);
  }
}

async function toAgent(client: RemoteClient, agent: BusStream): Promise<void> {
  try {
    for await (const { channel, data } of client.incoming) {
      if (channel !== CHANNEL.stdin && channel !== CHANNEL.resize) continue;
      if (data === undefined) await agent.end(channel);
      else await agent.send(channel, data);
    }
  } finally {
    // The client has gone: what it started is told so (SIGHUP of a terminal, end of input).
    await agent.close().catch(() => undefined);
  }
}

/** Gives the Status with which the command ended. */
async function toClient(client: RemoteClient, agent: BusStream): Promise<Status | undefined> {
  let outcome: Status | undefined;
  try {
    for await (const { channel, data } of agent.incoming) {
      if (data === undefined) continue;
      if (channel === CHANNEL.error) outcome = JSON.parse(Buffer.from(data).toString('utf8')) as Status;
      else if (channel === CHANNEL.stdout || channel === CHANNEL.stderr) await client.send(channel, data);
    }
  } catch (error) {
    return lost(error);
  }
  return outcome ?? (await agent.closed);
}

function lost(error: unknown): Status {
  const message = `the connection to the node was lost: ${error instanceof Error ? error.message : 'unknown error'}`;
  return { ...success, status: 'Failure', message, reason: 'InternalError', code: 500 };
}

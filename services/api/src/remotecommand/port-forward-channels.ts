import type { IncomingMessage } from 'node:http';
import type { BusStream } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { Upgrade } from '../http/upgrade.ts';
import { acceptChannels, assertOffered, type ChannelSocket } from './channel-socket.ts';
import { CHANNEL } from './channels.ts';
import { type ForwardTarget, failureText } from './forward-target.ts';

/** Without SPDY, which client libraries in other languages than Go do not speak (kubelet: portforward over WebSockets). */
const protocols = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'] as const;

/** A channel's number is a byte, and each port has two. */
const MAX_PORTS = 127;

/** The ports that a client asks for. Throws BadRequest when there are none, or for what is no port, or when it speaks another protocol. */
export function channelPorts(request: IncomingMessage, query: URLSearchParams, tunnel: string): number[] {
  assertOffered(request, [tunnel, ...protocols]);
  const asked = query.getAll('ports');
  if (asked.length === 0) throw new StatusError('BadRequest', 'query parameter "port" is required');
  const ports = asked.flatMap((text) => text.split(',')).map(portOf);
  if (ports.length > MAX_PORTS) throw new StatusError('BadRequest', `more than ${MAX_PORTS} ports`);
  return ports;
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new StatusError('BadRequest', `unable to parse ${JSON.stringify(text)} as a port`);
  }
  if (port < 1) throw new StatusError('BadRequest', `port ${JSON.stringify(text)} must be > 0`);
  return port;
}

export const acceptForwardChannels = (request: IncomingMessage, upgrade: Upgrade): Promise<ChannelSocket> =>
  acceptChannels(request, upgrade, (offered) =>
    [...offered].find((protocol) => protocols.some((spoken) => spoken === protocol)),
  );

/**
 * One connection to each port, at once. Port i has channel 2i for its bytes and 2i+1 for the reason of its failure, and both begin with the port's number. The client can
 * end a direction only by leaving.
 */
export async function forwardChannels(
  socket: ChannelSocket,
  ports: readonly number[],
  target: ForwardTarget,
): Promise<void> {
  for (const [i, port] of ports.entries()) {
    const number = Buffer.alloc(2);
    number.writeUInt16LE(port);
    for (const channel of [2 * i, 2 * i + 1]) await socket.send(channel, number).catch(() => undefined);
  }
  const agents = ports.map((port) => target.open(port));
  void takeInput(socket, agents);
  await Promise.all(agents.map((agent, i) => giveOutput(socket, i, agent, { port: ports[i] ?? 0, target })));
  socket.close();
}

/** Until the client has gone, which ends the connections. */
async function takeInput(socket: ChannelSocket, agents: readonly Promise<BusStream>[]): Promise<void> {
  for await (const { channel, data } of socket.incoming) {
    if (data === undefined || channel % 2 !== 0) continue;
    // A connection that is over takes nothing more: its reason is told on its other channel.
    const agent = await agents[channel / 2]?.catch(() => undefined);
    await agent?.send(CHANNEL.stdin, data).catch(() => undefined);
  }
  for (const opening of agents) {
    void opening.then((agent) => agent.close()).catch(() => undefined);
  }
}

async function giveOutput(
  socket: ChannelSocket,
  i: number,
  opening: Promise<BusStream>,
  { port, target }: { port: number; target: ForwardTarget },
): Promise<void> {
  try {
    const agent = await opening;
    for await (const { channel, data } of agent.incoming) {
      if (channel !== CHANNEL.stdout) continue;
      if (data === undefined) break;
      await socket.write(2 * i, data);
    }
    await agent.end(CHANNEL.stdin);
    const status = await agent.closed;
    if (status?.status === 'Failure') throw StatusError.from(status);
  } catch (error) {
    await socket.send(2 * i + 1, Buffer.from(failureText(`${port}`, target, error))).catch(() => undefined);
  }
}

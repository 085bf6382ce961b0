import type { Duplex } from 'node:stream';
import type { BusStream, NodeStreamRequest } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import { type ContainerRecord, DialError, type Runtime } from '../runtime/contract.ts';
import { takeAll } from '../runtime/take-all.ts';
import { writeTo } from '../runtime/write-to.ts';

/** What comes from the client, and what goes to it. */
const channel = { fromClient: 0, toClient: 1 } as const;

/**
 * Joins a stream with a connection to a port of a pod. Each direction ends by itself, and flows as fast as it is taken at its end; the stream ends with the connection,
 * in failure when it could not be made or broke.
 */
export async function servePort(
  sandbox: ContainerRecord,
  request: NodeStreamRequest,
  stream: BusStream,
  runtime: Runtime,
): Promise<void> {
  const port = portOf(request);
  const socket = await dialed(sandbox, port, request, runtime);
  await joinSocket(socket, stream);
}

async function dialed(
  sandbox: ContainerRecord,
  port: number,
  { options }: NodeStreamRequest,
  runtime: Runtime,
): Promise<Duplex> {
  try {
    return await runtime.dial(sandbox, port, { loopback: options['loopback'] !== false });
  } catch (error) {
    if (error instanceof DialError) throw new StatusError('ServiceUnavailable', error.message, {}, { cause: error });
    throw error;
  }
}

/** Resolves when both directions have ended. Rejects when the connection breaks. */
async function joinSocket(socket: Duplex, stream: BusStream): Promise<void> {
  let failure: Error | undefined;
  socket.once('error', (error) => {
    failure = error;
  });
  void stream.closed.then(() => socket.destroy());
  const upward = toSocket(socket, stream);
  // A stream that is lost has closed: the socket is destroyed then.
  upward.catch(() => socket.destroy());
  try {
    const broken = await takeAll(socket, (chunk) => stream.send(channel.toClient, chunk));
    if (broken !== undefined) throw broken;
    await stream.end(channel.toClient);
    await upward;
  } catch (error) {
    throw new StatusError('ServiceUnavailable', (failure ?? (error as Error)).message, {}, { cause: error });
  } finally {
    socket.destroy();
  }
}

async function toSocket(socket: Duplex, stream: BusStream): Promise<void> {
  for await (const { channel: from, data } of stream.incoming) {
    if (from !== channel.fromClient) continue;
    if (data === undefined) {
      socket.end();
      return;
    }
    await writeTo(socket, data);
  }
}

function portOf({ options }: NodeStreamRequest): number {
  const port = Number(options['port']);
  if (Number.isInteger(port) && port > 0 && port <= 65_535) return port;
  throw new StatusError('BadRequest', `"port" query value ${String(options['port'])} must be between 1 and 65535`);
}

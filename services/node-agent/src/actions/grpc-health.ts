import { once } from 'node:events';
import { STATUS_CODES } from 'node:http';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { goDuration } from '../pod/times.ts';
import { failure, type Outcome, success } from './contract.ts';
import { hostPort } from './ports.ts';

const statusNames = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const serving = 1;

/** By number (https://github.com/grpc/grpc/blob/master/doc/statuscodes.md), in Go's writing. */
const codeNames = [
  ...['OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists'],
  ...['PermissionDenied', 'ResourceExhausted', 'FailedPrecondition', 'Aborted', 'OutOfRange', 'Unimplemented'],
  ...['Internal', 'Unavailable', 'DataLoss', 'Unauthenticated'],
];

/** What an answer means that is not gRPC's (https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md). */
const httpCodes = new Map([
  [400, 'Internal'],
  [401, 'Unauthenticated'],
  [403, 'PermissionDenied'],
  [404, 'Unimplemented'],
  [429, 'Unavailable'],
  [502, 'Unavailable'],
  [503, 'Unavailable'],
  [504, 'Unavailable'],
]);

/** gRPC: the first wait before a connection is tried again (connection backoff, INITIAL_BACKOFF). */
const reconnectMs = 1_000;

/**
 * Asks for the health of a service by grpc.health.v1 (https://github.com/grpc/grpc/blob/master/doc/health-checking.md). One request and one answer of one
 * field each: spoken directly over HTTP/2, which spares the agent a gRPC library. As with one, a server that cannot be reached is tried until the time is
 * over.
 */
export async function grpcHealth(host: string, port: number, service: string, timeoutMs: number): Promise<Outcome> {
  const address = hostPort(host, port);
  const within = goDuration(timeoutMs / 1000);
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), timeoutMs);
  let session: ClientHttp2Session | undefined;
  try {
    session = await dial(address, giveUp.signal);
    if (session === undefined)
      return failure(
        `timeout: failed to connect service ${JSON.stringify(address)} within ${within}: context deadline exceeded`,
      );
    const { code, message, body } = await check(session, service, giveUp.signal);
    if (giveUp.signal.aborted) return failure(`timeout: health rpc did not complete within ${within}`);
    return outcome(code, message, body);
  } finally {
    clearTimeout(timer);
    session?.destroy();
  }
}

/** A connection over which the server has said that it speaks HTTP/2; undefined when there is none in time. */
async function dial(address: string, signal: AbortSignal): Promise<ClientHttp2Session | undefined> {
  while (!signal.aborted) {
    const session = connect(`http://${address}`);
    // Whoever waits hears of an error as the end.
    session.on('error', () => undefined);
    const closed = once(session, 'close', { signal }).then(() => false);
    const greeted = once(session, 'remoteSettings', { signal }).then(() => true);
    if (await Promise.race([closed, greeted]).catch(() => false)) return session;
    session.destroy();
    await sleep(reconnectMs, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

interface Answer {
  code: string;
  message: string;
  body: Buffer;
}

async function check(session: ClientHttp2Session, service: string, signal: AbortSignal): Promise<Answer> {
  const headers = {
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
    [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
    [constants.HTTP2_HEADER_TE]: 'trailers',
    'user-agent': 'kube-probe/1.36',
  };
  const stream = session.request(headers, { signal });
  const told: Record<string, unknown> = {};
  stream.on('response', (head) => Object.assign(told, head));
  stream.on('trailers', (trailers) => Object.assign(told, trailers));
  stream.end(healthRequest(service));
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch (error) {
    return { code: 'Unavailable', message: error instanceof Error ? error.message : String(error), body: Buffer.of() };
  }
  return { ...codeOf(told), body: Buffer.concat(chunks) };
}

/** In the words of gRPC for Go. */
function codeOf(told: Readonly<Record<string, unknown>>): { code: string; message: string } {
  const http = Number(told[':status']);
  const type = String(told['content-type'] ?? '');
  const isGrpc = type.startsWith('application/grpc');
  if (http !== 200 || !isGrpc) {
    const texts = [
      ...(http === 200
        ? []
        : [`unexpected HTTP status code received from server: ${http} (${STATUS_CODES[http] ?? ''})`]),
      ...(type === '' ? ['malformed header: missing HTTP content-type'] : []),
      ...(type === '' || isGrpc ? [] : [`transport: received unexpected content-type ${JSON.stringify(type)}`]),
    ];
    return { code: httpCodes.get(http) ?? 'Unknown', message: texts.join('; ') };
  }
  const status = told['grpc-status'];
  if (status === undefined) return { code: 'Internal', message: 'server closed the stream without sending trailers' };
  return { code: codeNames[Number(status)] ?? `Code(${status})`, message: decoded(String(told['grpc-message'] ?? '')) };
}

/** gRPC writes what is not ASCII with percent signs. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}

function outcome(code: string, message: string, body: Buffer): Outcome {
  if (code === 'Unimplemented')
    return failure(
      `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`,
    );
  if (code !== 'OK') return failure(`error: health rpc probe failed: rpc error: code = ${code} desc = ${message}`);
  const status = healthStatus(body);
  if (status === serving) return success('service healthy');
  return failure(`service unhealthy (responded with "${statusNames[status] ?? status}")`);
}

/** A length-prefixed message whose first field, the name of the service, is absent when it is empty. */
function healthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const body = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
}

/** The only field of the answer; 0 when it is absent. */
function healthStatus(frame: Buffer): number {
  return frame.length > 6 && frame[5] === 0x08 ? (frame[6] ?? 0) : 0;
}

import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { failure, type Outcome, success } from './contract.ts';
import { hostPort } from './ports.ts';

const statusNames = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
const serving = 1;
const unimplemented = 12;

/**
 * Asks for the health of a service by grpc.health.v1 (https://github.com/grpc/grpc/blob/master/doc/health-checking.md). One request and one answer of one
 * field each: spoken directly over HTTP/2, which spares the agent a gRPC library.
 */
export async function grpcHealth(host: string, port: number, service: string, timeoutMs: number): Promise<Outcome> {
  const address = hostPort(host, port);
  const session = connect(`http://${address}`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Outcome>((resolve) => {
    const text = `timeout: failed to connect service ${JSON.stringify(address)} within ${timeoutMs / 1000}s`;
    timer = setTimeout(() => resolve(failure(text)), timeoutMs);
  });
  const broken = new Promise<Outcome>((resolve) => {
    session.once('error', ({ message }: Error) =>
      resolve(failure(`failed to connect service ${JSON.stringify(address)}: ${message}`)),
    );
  });
  try {
    return await Promise.race([check(session, service), late, broken]);
  } finally {
    clearTimeout(timer);
    session.on('error', () => undefined);
    session.destroy();
  }
}

async function check(session: ClientHttp2Session, service: string): Promise<Outcome> {
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
    [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
    [constants.HTTP2_HEADER_TE]: 'trailers',
    'user-agent': 'kube-probe/1.36',
  });
  let code = 0;
  let message = '';
  const note = (headers: Record<string, unknown>) => {
    if (headers['grpc-status'] !== undefined) code = Number(headers['grpc-status']);
    if (typeof headers['grpc-message'] === 'string') message = headers['grpc-message'];
  };
  stream.on('response', note);
  stream.on('trailers', note);
  stream.end(healthRequest(service));
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch (error) {
    return failure(`error: health rpc probe failed: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (code === unimplemented)
    return failure(
      `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`,
    );
  if (code !== 0) return failure(`error: health rpc probe failed: rpc error: code = ${code} desc = ${message}`);
  const status = healthStatus(Buffer.concat(chunks));
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

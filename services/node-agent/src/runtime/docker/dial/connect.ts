import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { DialError } from '../../contract.ts';

/** So long a machine that does not even refuse is waited for; milliseconds. */
const connectMs = 10_000;

const reasons: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connect: connection refused'],
  ['EHOSTUNREACH', 'connect: no route to host'],
  ['ENETUNREACH', 'connect: network is unreachable'],
  ['EADDRNOTAVAIL', 'connect: cannot assign requested address'],
  ['ETIMEDOUT', 'i/o timeout'],
]);

/** A connection of which each direction ends by itself. Throws DialError. */
export function dialTcp(host: string, port: number): Promise<Socket> {
  const at = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return connected({ host, port, allowHalfOpen: true, noDelay: true }, (code, message) => {
    const reason = reasons.get(code);
    return reason === undefined ? message : `dial tcp ${at}: ${reason}`;
  });
}

/** Throws DialError with what `explain` makes of the failure. */
export function connected(
  options: NetConnectOpts,
  explain: (code: string, message: string) => string,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    const fail = (code: string, message: string, cause?: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new DialError(explain(code, message), { cause }));
    };
    const timer = setTimeout(() => fail('ETIMEDOUT', 'i/o timeout'), connectMs);
    const onError = (error: NodeJS.ErrnoException): void => fail(error.code ?? '', error.message, error);
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', onError);
      resolve(socket);
    });
  });
}

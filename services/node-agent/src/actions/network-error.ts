import { hostPort } from './ports.ts';

const reasons = new Map([
  ['ECONNREFUSED', 'connect: connection refused'],
  ['EHOSTUNREACH', 'connect: no route to host'],
  ['ENETUNREACH', 'connect: network is unreachable'],
  ['ETIMEDOUT', 'i/o timeout'],
]);

/** A handshake that was answered in the clear; Node.js has no code of its own for it. */
export const isPlainServer = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException).code === 'EPROTO' && /wrong version number/.test((error as Error).message);

/** A failed connection in the words that users of Kubernetes know. */
export function dialError(error: unknown, host: string, port: number): string {
  if (isPlainServer(error)) return 'http: server gave HTTP response to HTTPS client';
  const { code, message, errors } = error as NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] };
  const reason = reasons.get(code ?? errors?.[0]?.code ?? '');
  return reason === undefined ? message : `dial tcp ${hostPort(host, port)}: ${reason}`;
}

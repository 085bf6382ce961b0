import { hostPort } from './ports.ts';

const reasons = new Map([
  ['ECONNREFUSED', 'connect: connection refused'],
  ['EHOSTUNREACH', 'connect: no route to host'],
  ['ENETUNREACH', 'connect: network is unreachable'],
  ['ETIMEDOUT', 'i/o timeout'],
]);

/** A failed connection in the words that users of Kubernetes know. */
export function dialError(error: unknown, host: string, port: number): string {
  const { code, message, errors } = error as NodeJS.ErrnoException & { errors?: NodeJS.ErrnoException[] };
  const reason = reasons.get(code ?? errors?.[0]?.code ?? '');
  return reason === undefined ? message : `dial tcp ${hostPort(host, port)}: ${reason}`;
}

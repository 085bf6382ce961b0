import type { Container } from '@kubus/shared/schema';

/** A port given by number or by the name of a port of the container. Throws when there is none. */
export function resolvePort(port: number | string, container: Container): number {
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  const number = named ?? Number(port);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  throw new Error(
    typeof port === 'number' ? `invalid port number: ${port}` : `couldn't find port: ${port} in ${container.name}`,
  );
}

/** `host:port`, an IPv6 address in brackets. */
export const hostPort = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

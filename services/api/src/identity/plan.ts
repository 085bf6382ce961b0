import type { ApiEndpoint } from '../allocation/index.ts';

/** Leases of which nothing has been heard for so long are those of replicas that are gone (pkg/controlplane: MasterEndpointReconcileTTL). */
export const TTL_MS = 15_000;

/** What was seen of a lease. */
export interface Sighting {
  renewTime: string;
  /** When that was seen first, by a clock of this process: those of machines may differ. */
  at: number;
}

/** What has been seen by now: leases that were renewed are seen anew, those that are gone are forgotten. */
export function sighted(
  before: ReadonlyMap<string, Sighting>,
  leases: ReadonlyMap<string, string>,
  now: number,
): Map<string, Sighting> {
  const seen = new Map<string, Sighting>();
  for (const [name, renewTime] of leases) {
    const known = before.get(name);
    seen.set(name, known?.renewTime === renewTime ? known : { renewTime, at: now });
  }
  return seen;
}

export const isAlive = ({ at }: Sighting, now: number): boolean => now - at < TTL_MS;

/**
 * The addresses of those that are reached at one port and in one family, in order; the others are left out: an EndpointSlice says either once for all. Undefined for none:
 * nobody would be left to ask.
 */
export function endpointsOf(
  alive: readonly ApiEndpoint[],
): { addresses: [string, ...string[]]; port: number } | undefined {
  const [first, ...others] = [...alive].sort(byAddress);
  if (first === undefined) return undefined;
  const same = others.filter(({ port, address }) => port === first.port && isV6(address) === isV6(first.address));
  const addresses = new Set(same.map(({ address }) => address).filter((address) => address !== first.address));
  return { addresses: [first.address, ...addresses], port: first.port };
}

const isV6 = (address: string): boolean => address.includes(':');

function byAddress(a: ApiEndpoint, b: ApiEndpoint): number {
  if (a.address === b.address) return a.port - b.port;
  return a.address < b.address ? -1 : 1;
}

/** 'address:port', IPv6 in brackets. */
export function formatEndpoint({ address, port }: ApiEndpoint): string {
  return `${isV6(address) ? `[${address}]` : address}:${port}`;
}

export function parseEndpoint(text: string | undefined): ApiEndpoint | undefined {
  const match = /^(?:\[([\da-f:.]+)\]|([\d.]+)):(\d{1,5})$/i.exec(text ?? '');
  const address = match?.[1] ?? match?.[2];
  return address === undefined ? undefined : { address, port: Number(match?.[3]) };
}

import { type Cidr, contains, type IpAddress } from '@kubus/shared/object';

/** A whole number from 0 up to, not including, the argument, which is at most 2^48. */
export type Random = (below: number) => number;

/** More addresses of a range than this are left alone; numbers stay exact. */
const MOST = 2 ** 40;

/** How many numbers at the beginning of a range are left to those who name them (KEP-3070 for addresses, KEP-3668 for ports). */
function staticPart(size: number, min: number, max: number, step: number): number {
  if (size <= min) return 0;
  return Math.max(min, Math.min(max, Math.floor(size / step)));
}

/**
 * A free number of [0, size): from the part for such who name none, beginning anywhere; from the rest when that is full. Undefined when all is.
 */
function pickFree(size: number, reserved: number, taken: (n: number) => boolean, random: Random): number | undefined {
  return scan(reserved, size, taken, random) ?? scan(0, reserved, taken, random);
}

function scan(from: number, to: number, taken: (n: number) => boolean, random: Random): number | undefined {
  const size = to - from;
  if (size <= 0) return undefined;
  const start = random(size);
  for (let step = 0; step < size; step++) {
    const n = from + ((start + step) % size);
    if (!taken(n)) return n;
  }
  return undefined;
}

/** The addresses of a range that hosts can have: not the first, nor IPv4's last. */
function hosts(cidr: Cidr): { first: bigint; size: number } {
  const all = cidr.size > BigInt(MOST) ? MOST : Number(cidr.size);
  const last = cidr.family === 'IPv4' ? 1 : 0;
  return { first: cidr.first + 1n, size: Math.max(0, all - 1 - last) };
}

export function isHost(cidr: Cidr, ip: IpAddress): boolean {
  const { first, size } = hosts(cidr);
  return contains(cidr, ip) && ip.value >= first && ip.value < first + BigInt(size);
}

export function pickAddress(cidr: Cidr, taken: (ip: IpAddress) => boolean, random: Random): IpAddress | undefined {
  const { first, size } = hosts(cidr);
  const reserved = staticPart(size, 16, 256, 16);
  const at = (n: number): IpAddress => ({ family: cidr.family, value: first + BigInt(n) });
  // The reserved part counts from the first address of the range, which no host has.
  const n = pickFree(size, Math.max(0, reserved - 1), (index) => taken(at(index)), random);
  return n === undefined ? undefined : at(n);
}

export interface PortRange {
  from: number;
  to: number;
}

export function pickPort(
  { from, to }: PortRange,
  taken: (port: number) => boolean,
  random: Random,
): number | undefined {
  const size = to - from + 1;
  const n = pickFree(size, staticPart(size, 16, 128, 32), (index) => taken(from + index), random);
  return n === undefined ? undefined : from + n;
}

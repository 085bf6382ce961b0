import { isIP } from 'node:net';

export type IpFamily = 'IPv4' | 'IPv6';

export interface IpAddress {
  readonly family: IpFamily;
  readonly value: bigint;
}

export interface Cidr {
  readonly family: IpFamily;
  /** The address as it was written, host bits and all. */
  readonly address: bigint;
  /** First address of the range. */
  readonly first: bigint;
  /** Bits of the prefix. */
  readonly prefix: number;
  /** How many addresses there are. */
  readonly size: bigint;
}

const bits = (family: IpFamily): number => (family === 'IPv4' ? 32 : 128);

/** Undefined for what is not an address: zones and leading zeros are none. */
export function parseIp(text: string): IpAddress | undefined {
  const kind = text.includes('%') ? 0 : isIP(text);
  if (kind === 4) return { family: 'IPv4', value: fourBytes(text) };
  return kind === 6 ? { family: 'IPv6', value: sixteenBytes(text) } : undefined;
}

function fourBytes(text: string): bigint {
  return text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function sixteenBytes(text: string): bigint {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const plain = dotted === null ? text : `${dotted[1]}${groupsOf(fourBytes(dotted[2] as string))}`;
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].reduce((value, part) => (value << 16n) | BigInt(`0x${part}`), 0n);
}

const groupsOf = (value: bigint): string => `${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;

/** RFC 5952 for IPv6: lower case, the longest run of zeros left out. */
export function formatIp({ family, value }: IpAddress): string {
  if (family === 'IPv4') return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  if (value >> 32n === 0xffffn) return `::ffff:${formatIp({ family: 'IPv4', value: value & 0xffff_ffffn })}`;
  const run = longestZeros(groups);
  if (run.length < 2) return groups.join(':');
  return `${groups.slice(0, run.at).join(':')}::${groups.slice(run.at + run.length).join(':')}`;
}

function longestZeros(groups: readonly string[]): { at: number; length: number } {
  let best = { at: 0, length: 0 };
  for (let at = 0; at < groups.length; at++) {
    let length = 0;
    while (groups[at + length] === '0') length++;
    if (length > best.length) best = { at, length };
  }
  return best;
}

/** Undefined for what is no address. */
export function familyOf(text: string): IpFamily | undefined {
  return parseIp(text)?.family;
}

/** An IPv4 address written as an IPv6 one. */
export function isMapped({ family, value }: IpAddress): boolean {
  return family === 'IPv6' && value >> 32n === 0xffffn;
}

/** Undefined for what is not `<address>/<bits>`. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.lastIndexOf('/');
  const address = slash < 0 ? undefined : parseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const all = bits(address.family);
  const prefix = Number(length);
  if (prefix > all) return undefined;
  const size = 1n << BigInt(all - prefix);
  return {
    family: address.family,
    address: address.value,
    first: address.value - (address.value % size),
    prefix,
    size,
  };
}

/** In canonical form: the first address of the range and the length of its prefix. */
export function formatCidr({ family, first, prefix }: Cidr): string {
  return `${formatIp({ family, value: first })}/${prefix}`;
}

/** Whether the address lies in the range; never in one of the other family. */
export function contains(cidr: Cidr, { family, value }: IpAddress): boolean {
  return family === cidr.family && value >= cidr.first && value < cidr.first + cidr.size;
}

import { isIP } from 'node:net';
import { CelError } from '../errors.ts';
import { fn, type Overload } from '../function.ts';
import { CelOpaque } from '../values.ts';

class Ip extends CelOpaque {
  readonly typeName = 'net.IP';
  readonly bits: bigint;
  readonly family: 4 | 6;

  constructor(bits: bigint, family: 4 | 6) {
    super();
    this.bits = bits;
    this.family = family;
  }

  get text(): string {
    return this.family === 4 ? groups(this.bits, 4, 8n).join('.') : ipv6Text(this.bits);
  }

  equals(other: CelOpaque): boolean {
    return this.bits === (other as Ip).bits && this.family === (other as Ip).family;
  }
}

class Cidr extends CelOpaque {
  readonly typeName = 'net.CIDR';
  readonly ip: Ip;
  readonly length: number;

  constructor(ip: Ip, length: number) {
    super();
    this.ip = ip;
    this.length = length;
  }

  get masked(): bigint {
    const host = BigInt((this.ip.family === 4 ? 32 : 128) - this.length);
    return (this.ip.bits >> host) << host;
  }

  contains(other: Ip): boolean {
    return other.family === this.ip.family && new Cidr(other, this.length).masked === this.masked;
  }

  equals(other: CelOpaque): boolean {
    return this.ip.equals((other as Cidr).ip) && this.length === (other as Cidr).length;
  }
}

function groups(bits: bigint, count: number, size: bigint): bigint[] {
  return Array.from({ length: count }, (_, i) => (bits >> (BigInt(count - 1 - i) * size)) & ((1n << size) - 1n));
}

/** RFC 5952: the longest run of two or more zero groups is left out. */
function ipv6Text(bits: bigint): string {
  const text = groups(bits, 8, 16n)
    .map((group) => group.toString(16))
    .join(':');
  const runs = text.match(/(?:\b0(?::0)+\b)/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return text;
  const at = text.indexOf(longest);
  return `${text.slice(0, at).replace(/:$/, '')}::${text.slice(at + longest.length).replace(/^:/, '')}`;
}

/** No zones and no IPv4 addresses in IPv6 form: they have two texts. */
function parseIp(text: string): Ip | undefined {
  if (text.length > 64) return undefined;
  const family = isIP(text);
  if (family === 4) return new Ip(joinGroups(text.split('.').map(BigInt), 8n), 4);
  if (family !== 6 || text.includes('%')) return undefined;
  const [head = '', tail] = text
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => `${hexPair(a, b)}:${hexPair(c, d)}`)
    .split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill('0');
  const bits = joinGroups(
    [...left, ...middle, ...right].map((group) => BigInt(`0x${group}`)),
    16n,
  );
  return bits >> 32n === 0xffffn ? undefined : new Ip(bits, 6);
}

const hexPair = (a: string, b: string): string => (Number(a) * 256 + Number(b)).toString(16);
const joinGroups = (parts: readonly bigint[], size: bigint): bigint =>
  parts.reduce((sum, part) => (sum << size) | part, 0n);

function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const ip = match === null ? undefined : parseIp(match[1] as string);
  const length = Number(match?.[2]);
  return ip === undefined || length > (ip.family === 4 ? 32 : 128) ? undefined : new Cidr(ip, length);
}

function required<T>(value: T | undefined, what: string, text: string): T {
  if (value !== undefined) return value;
  throw new CelError(`${what} ${JSON.stringify(text)} parse error during conversion from string`);
}

const ipOf = (text: string): Ip => required(parseIp(text), 'IP Address', text);
const cidrOf = (text: string): Cidr => required(parseCidr(text), 'network address', text);
const isBetween = ({ bits, family }: Ip, v4: [bigint, bigint], v6: [bigint, bigint]): boolean => {
  const [prefix, length] = family === 4 ? v4 : v6;
  return bits >> ((family === 4 ? 32n : 128n) - length) === prefix;
};
const isUnspecified = (ip: Ip): boolean => ip.bits === 0n;
const isLoopback = (ip: Ip): boolean => isBetween(ip, [127n, 8n], [1n, 128n]);
const isLinkLocalUnicast = (ip: Ip): boolean => isBetween(ip, [0xa9fen, 16n], [0xfe80n >> 6n, 10n]);
const isMulticast = (ip: Ip): boolean => isBetween(ip, [0xen, 4n], [0xffn, 8n]);
const isLinkLocalMulticast = (ip: Ip): boolean =>
  ip.family === 4 ? ip.bits >> 8n === 0xe00000n : ((ip.bits >> 112n) & 0xff0fn) === 0xff02n;
const isGlobalUnicast = (ip: Ip): boolean =>
  !isUnspecified(ip) &&
  !isLoopback(ip) &&
  !isMulticast(ip) &&
  !isLinkLocalUnicast(ip) &&
  !(ip.family === 4 && ip.bits === 0xffffffffn);
const cidrText = ({ ip, length }: Cidr): string => `${ip.text}/${length}`;
const text = { resultSize: () => 64 };

/** Kubernetes' IP and CIDR libraries. */
export const addresses: readonly Overload[] = [
  fn('ip(string): net.IP', (_, value: string) => ipOf(value)),
  fn('isIP(string): bool', (_, value: string) => parseIp(value) !== undefined),
  fn('ip::isCanonical(string): bool', (_, value: string) => ipOf(value).text === value),
  fn('string(net.IP): string', (_, ip: Ip) => ip.text, text),
  fn('net.IP.family(): int', (_, { family }: Ip) => BigInt(family)),
  fn('net.IP.isUnspecified(): bool', (_, ip: Ip) => isUnspecified(ip)),
  fn('net.IP.isLoopback(): bool', (_, ip: Ip) => isLoopback(ip)),
  fn('net.IP.isLinkLocalMulticast(): bool', (_, ip: Ip) => isLinkLocalMulticast(ip)),
  fn('net.IP.isLinkLocalUnicast(): bool', (_, ip: Ip) => isLinkLocalUnicast(ip)),
  fn('net.IP.isGlobalUnicast(): bool', (_, ip: Ip) => isGlobalUnicast(ip)),
  fn('cidr(string): net.CIDR', (_, value: string) => cidrOf(value)),
  fn('isCIDR(string): bool', (_, value: string) => parseCidr(value) !== undefined),
  fn('string(net.CIDR): string', (_, cidr: Cidr) => cidrText(cidr), text),
  fn('net.CIDR.ip(): net.IP', (_, { ip }: Cidr) => ip),
  fn('net.CIDR.prefixLength(): int', (_, { length }: Cidr) => BigInt(length)),
  fn('net.CIDR.masked(): net.CIDR', (_, cidr: Cidr) => new Cidr(new Ip(cidr.masked, cidr.ip.family), cidr.length)),
  fn('net.CIDR.containsIP(net.IP): bool', (_, cidr: Cidr, ip: Ip) => cidr.contains(ip)),
  fn('net.CIDR.containsIP(string): bool', (_, cidr: Cidr, value: string) => cidr.contains(ipOf(value))),
  fn('net.CIDR.containsCIDR(net.CIDR): bool', (_, cidr: Cidr, other: Cidr) => containsCidr(cidr, other)),
  fn('net.CIDR.containsCIDR(string): bool', (_, cidr: Cidr, value: string) => containsCidr(cidr, cidrOf(value))),
];

const containsCidr = (cidr: Cidr, other: Cidr): boolean => other.length >= cidr.length && cidr.contains(other.ip);

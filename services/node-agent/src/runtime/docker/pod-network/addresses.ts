/** IPv4 as a number, and back. */
export function parseIPv4(text: string): number {
  return text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function formatIPv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

/** Addresses of a bridge that the agents of an engine give to pods: the upper half of its subnet. The engine gives out its own from the bottom up. */
export interface AddressRange {
  /** The first address, and how many there are. */
  first: number;
  count: number;
  prefixLength: number;
}

/** 'a.b.c.d/len'. Undefined for a subnet too small to share. */
export function upperHalf(subnet: string): AddressRange | undefined {
  const [network = '', length = ''] = subnet.split('/');
  const prefixLength = Number(length);
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(network) || !(prefixLength >= 8 && prefixLength <= 28)) return undefined;
  const half = 2 ** (31 - prefixLength);
  // The last one is the broadcast address.
  return { first: parseIPv4(network) + half, count: half - 1, prefixLength };
}

/** Name of the host's end of a pod's link. One name for one address, so that the kernel itself refuses to give an address out twice on a machine. */
export function linkName(ip: string): string {
  return `kb${parseIPv4(ip).toString(16).padStart(8, '0')}`;
}

/** The address of a link, as a number; undefined for other interfaces. */
export function parseLinkName(name: string): number | undefined {
  const hex = /^kb([0-9a-f]{8})$/.exec(name)?.[1];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
}

/** Follows from the address, so that neighbours who remember who had it are not wrong for long. Locally administered. */
export function macAddress(ip: string): string {
  return ['0a', '6b', ...ip.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':');
}

/** Gives addresses of a range out in turn, so that one that was given back rests as long as it can. */
export class AddressCursor {
  readonly #range: AddressRange;
  readonly #isTaken: (ip: string) => boolean;
  #next: number;

  /** `start`: any number; where in the range to begin. */
  constructor(range: AddressRange, start: number, isTaken: (ip: string) => boolean) {
    this.#range = range;
    this.#isTaken = isTaken;
    this.#next = start % range.count;
  }

  /** Undefined when all are taken. */
  take(): string | undefined {
    const { first, count } = this.#range;
    for (let tried = 0; tried < count; tried++) {
      const ip = formatIPv4(first + this.#next);
      this.#next = (this.#next + 1) % count;
      if (!this.#isTaken(ip)) return ip;
    }
    return undefined;
  }
}

import { type FieldError, StatusError } from '@kubus/shared/errors';
import { type Cidr, contains, formatCidr, formatIp, type IpFamily, parseIp } from '@kubus/shared/object';
import { field, initFamilies, isHeadless, serviceAddresses } from '@kubus/shared/registry';
import type { Service, ServiceSpec } from '@kubus/shared/schema';
import { isHost, pickAddress } from './pick.ts';
import type { ServiceNetwork } from './service-network.ts';

/** The addresses of one service in one try to write it. */
export class ClaimedAddresses {
  /** Those that nobody named: another will do. */
  readonly chosen = new Set<string>();
  readonly #network: ServiceNetwork;
  readonly #service: Service;
  readonly #dryRun: boolean;
  readonly #old: Service | undefined;

  constructor(network: ServiceNetwork, service: Service, old: Service | undefined, dryRun: boolean) {
    this.#dryRun = dryRun;
    this.#network = network;
    this.#service = service;
    this.#old = old;
  }

  /** Families, then an address of each. */
  assign(): FieldError[] {
    const { spec } = this.#service;
    if (spec === undefined || spec.type === 'ExternalName') return [];
    const errors = initFamilies(spec, this.#old?.spec, this.#network.families);
    if (errors.length > 0 || isHeadless(spec)) return errors;
    const ips = [...(spec.clusterIPs ?? [])];
    const asked = this.#askedErrors(ips);
    if (asked.length > 0) return asked;
    for (const [i, family] of (spec.ipFamilies ?? []).entries()) ips[i] ||= this.#choose(family as IpFamily);
    setAddresses(spec, ips);
    return [];
  }

  takenError(ip: string): FieldError {
    return this.#error(ip, 'provided IP is already allocated');
  }

  #error(ip: string, why: string): FieldError {
    const ips = this.#service.spec?.clusterIPs ?? [];
    return field.invalid('spec.clusterIPs', ips, `failed to allocate IP ${ip}: ${why}`);
  }

  #askedErrors(ips: readonly string[]): FieldError[] {
    const held = new Set(serviceAddresses(this.#old?.spec));
    for (const text of ips) {
      if (held.has(text)) continue;
      const ip = parseIp(text);
      if (ip === undefined) continue;
      const range = this.#network.ranges().find((cidr) => contains(cidr, ip));
      if (range === undefined) return [this.#error(text, 'the provided network does not match the current range')];
      if (!isHost(range, ip)) return [this.#error(text, notInRange(text, range))];
      if (this.#dryRun && this.#network.isAddressTaken(formatIp(ip))) return [this.takenError(text)];
    }
    return [];
  }

  #choose(family: IpFamily): string {
    const { ranges, random } = { ranges: this.#network.ranges(), random: this.#network.random };
    const taken = (ip: Parameters<typeof formatIp>[0]): boolean => this.#network.isAddressTaken(formatIp(ip));
    for (const cidr of ranges) {
      const ip = cidr.family === family ? pickAddress(cidr, taken, random) : undefined;
      if (ip === undefined) continue;
      const text = formatIp(ip);
      this.chosen.add(text);
      return text;
    }
    throw new StatusError('InternalError', 'Internal error occurred: failed to allocate a serviceIP: range is full');
  }
}

function notInRange(ip: string, range: Cidr): string {
  return `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${formatCidr(range)}`;
}

function setAddresses(spec: ServiceSpec, ips: readonly string[]): void {
  spec.clusterIPs = [...ips];
  if (ips[0] !== undefined) spec.clusterIP = ips[0];
}

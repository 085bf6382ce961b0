import { randomInt } from 'node:crypto';
import { type Cidr, formatCidr, type GroupResource, parseCidr } from '@kubus/shared/object';
import { type ClusterFamilies, serviceNodePorts } from '@kubus/shared/registry';
import type { IPAddress, Service, ServiceCIDR } from '@kubus/shared/schema';
import { LiveView } from '../storage/index.ts';
import type { WatchCaches } from '../watchcache/index.ts';
import type { Random } from './pick.ts';
import type { ServiceNetworkSettings } from './settings.ts';

const services: GroupResource = { group: '', resource: 'services' };
const ipAddresses: GroupResource = { group: 'networking.k8s.io', resource: 'ipaddresses' };
const serviceCidrs: GroupResource = { group: 'networking.k8s.io', resource: 'servicecidrs' };

/** How long a number that a commit refused is not tried again: until the views must have shown who holds it. */
const REFUSED_MS = 10_000;

/** What is taken of the network of services, as this replica knows. It may be behind: the commit decides. */
export class ServiceNetwork {
  readonly settings: ServiceNetworkSettings;
  readonly random: Random;
  /** Told of each IPAddress that is gone. */
  onAddressGone: () => void = () => undefined;
  readonly #addresses: LiveView<IPAddress>;
  readonly #cidrs: LiveView<ServiceCIDR>;
  readonly #services: LiveView<Service>;
  /** Services on each port. */
  readonly #ports = new Map<number, number>();
  readonly #refused = new Map<string, number>();

  constructor(caches: WatchCaches, settings: ServiceNetworkSettings, random: Random = randomInt) {
    this.settings = settings;
    this.random = random;
    this.#addresses = new LiveView<IPAddress>(caches, ipAddresses, {
      onChange: (address) => address === undefined && this.onAddressGone(),
    });
    this.#cidrs = new LiveView<ServiceCIDR>(caches, serviceCidrs);
    this.#services = new LiveView<Service>(caches, services, {
      onChange: (service, previous) => {
        for (const port of previous === undefined ? [] : serviceNodePorts(previous.spec)) this.#count(port, -1);
        for (const port of service === undefined ? [] : serviceNodePorts(service.spec)) this.#count(port, 1);
      },
    });
  }

  async start(): Promise<void> {
    await Promise.all([this.#addresses.start(), this.#cidrs.start(), this.#services.start()]);
  }

  stop(): void {
    for (const view of [this.#addresses, this.#cidrs, this.#services]) view.stop();
  }

  get families(): ClusterFamilies {
    const [first, ...others] = this.settings.cidrs;
    return [first.family, ...others.map(({ family }) => family)];
  }

  /** Those of the settings, and those that ServiceCIDRs add. */
  ranges(): Cidr[] {
    const ranges = new Map(this.settings.cidrs.map((cidr) => [formatCidr(cidr), cidr]));
    for (const { metadata, spec } of this.#cidrs.values()) {
      if (metadata.deletionTimestamp !== undefined) continue;
      for (const text of spec?.cidrs ?? []) {
        const cidr = parseCidr(text);
        if (cidr !== undefined) ranges.set(formatCidr(cidr), cidr);
      }
    }
    return [...ranges.values()];
  }

  address(ip: string): IPAddress | undefined {
    return this.#addresses.get('', ip);
  }

  addresses(): Iterable<IPAddress> {
    return this.#addresses.values();
  }

  service(namespace: string, name: string): Service | undefined {
    return this.#services.get(namespace, name);
  }

  services(): Iterable<Service> {
    return this.#services.values();
  }

  isAddressTaken(ip: string): boolean {
    return this.#addresses.get('', ip) !== undefined || this.#isRefused(ip);
  }

  isPortTaken(port: number): boolean {
    return this.#ports.has(port) || this.#isRefused(String(port));
  }

  /** A commit has shown that somebody else has it. */
  refuse(value: string): void {
    const now = performance.now();
    for (const [old, until] of this.#refused) if (until < now) this.#refused.delete(old);
    this.#refused.set(value, now + REFUSED_MS);
  }

  #isRefused(value: string): boolean {
    return (this.#refused.get(value) ?? 0) > performance.now();
  }

  #count(port: number, by: number): void {
    const count = (this.#ports.get(port) ?? 0) + by;
    if (count > 0) this.#ports.set(port, count);
    else this.#ports.delete(port);
  }
}

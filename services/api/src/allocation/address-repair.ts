import type { KubeObject, ObjectKey } from '@kubus/shared/object';
import { serviceAddresses } from '@kubus/shared/registry';
import type { IPAddress, Service } from '@kubus/shared/schema';
import type { Store } from '@kubus/shared/store';
import { missing, orphans } from './address-plan.ts';
import { type Born, keyOf, serviceAddress } from './service-address.ts';
import type { ServiceNetwork } from './service-network.ts';

/** As often as kube-apiserver looks; and soon after an IPAddress has gone, when the views must have shown why. */
const INTERVAL_MS = 180_000;
const SETTLE_MS = 1_000;

export interface AddressRepairOptions {
  network: ServiceNetwork;
  store: Pick<Store, 'get' | 'commit'>;
  born: Born;
  now: () => Date;
  onError(error: unknown): void;
}

/**
 * Makes IPAddresses again that somebody deleted, and deletes those that are nobody's (pkg/registry/core/service/ipallocator/controller/repairip.go). Who holds an
 * address is told by its service alone: an IPAddress shows it. Every replica does it; what was done already is refused.
 */
export class AddressRepair {
  readonly #options: AddressRepairOptions;
  #interval: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #rounds: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: AddressRepairOptions) {
    this.#options = options;
  }

  start(): void {
    this.#options.network.onAddressGone = () => this.#settle();
    this.#interval = setInterval(() => this.#settle(), INTERVAL_MS).unref();
    this.#settle();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#interval);
    clearTimeout(this.#soon);
  }

  #settle(): void {
    if (this.#stopped || this.#soon !== undefined) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.#rounds = this.#rounds
        .then(() => this.#round())
        .catch((error: unknown) => {
          if (!this.#stopped) this.#options.onError(error);
        });
    }, SETTLE_MS).unref();
  }

  async #round(): Promise<void> {
    const { network, now } = this.#options;
    for (const { service, ip } of missing(network.services(), (name) => network.address(name) !== undefined))
      await this.#make(service, ip);
    const serviceOf = (namespace: string, name: string) => network.service(namespace, name);
    for (const address of orphans(network.addresses(), serviceOf, now().getTime())) await this.#remove(address);
  }

  async #make({ metadata: { namespace = '', name } }: Service, ip: string): Promise<void> {
    const { store, born } = this.#options;
    const service = await this.#read(namespace, name);
    if (service === undefined || !serviceAddresses(service.spec).includes(ip)) return;
    const object = serviceAddress(service, ip, born());
    const [result] = await store.commit([{ type: 'create', key: keyOf(ip), object }]);
    // A service that went at that moment has not taken it along.
    if (result?.ok) await this.#remove(result.object as IPAddress);
  }

  async #remove({ metadata, spec }: IPAddress): Promise<void> {
    const { namespace = '', name = '' } = spec?.parentRef ?? {};
    const service = await this.#read(namespace, name);
    if (serviceAddresses(service?.spec).includes(metadata.name)) return;
    const { resourceVersion = '' } = metadata;
    await this.#options.store.commit([
      { type: 'delete', key: keyOf(metadata.name), preconditions: { resourceVersion } },
    ]);
  }

  /** The views may be behind. */
  #read(namespace: string, name: string): Promise<(Service & KubeObject) | undefined> {
    const key: ObjectKey = { group: '', resource: 'services', namespace, name };
    return this.#options.store.get(key) as Promise<(Service & KubeObject) | undefined>;
  }
}

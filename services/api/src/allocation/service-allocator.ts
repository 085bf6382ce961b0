import { type FieldError, invalid, StatusError } from '@kubus/shared/errors';
import { clusterIpAccount, nodePortAccount, serviceAddresses } from '@kubus/shared/registry';
import type { Service } from '@kubus/shared/schema';
import type { Refusal } from '@kubus/shared/store';
import { ClaimedAddresses } from './claimed-addresses.ts';
import { ClaimedPorts } from './claimed-ports.ts';
import type { Allocator, Claim, Companion } from './contract.ts';
import { type Born, keyOf, serviceAddress } from './service-address.ts';
import type { ServiceNetwork } from './service-network.ts';

export interface ServiceAllocatorParts {
  network: ServiceNetwork;
  /** Metadata of an IPAddress: uid and time. */
  born: Born;
}

/**
 * Addresses and ports of services (pkg/registry/core/service/storage/alloc.go). A service's commit charges accounts that hold one of each address and port, and
 * makes the IPAddress objects; so no two services ever have the same, whatever the replicas believed.
 */
export class ServiceAllocator implements Allocator<Service> {
  readonly #network: ServiceNetwork;
  readonly #born: Born;

  constructor({ network, born }: ServiceAllocatorParts) {
    this.#network = network;
    this.#born = born;
  }

  claim(object: Service, old: Service | undefined, dryRun: boolean): Claim {
    const before = structuredClone(object.spec);
    const addresses = new ClaimedAddresses(this.#network, object, old, dryRun);
    const ports = new ClaimedPorts(this.#network, object, old, dryRun);
    const errors = [addresses, ports].reduce<FieldError[]>((all, part) => (all.length > 0 ? all : part.assign()), []);
    if (errors.length > 0) throw refusal(object, errors);
    const held = new Set(serviceAddresses(old?.spec));
    const kept = new Set(serviceAddresses(object.spec));
    return {
      companions: [
        ...[...kept].flatMap((ip) => this.#make(object, ip, held.has(ip))),
        ...[...held].filter((ip) => !kept.has(ip)).map(remove),
      ],
      refused: (why, companion) => {
        const error = this.#refused(object, addresses, ports, why, companion);
        if (error === undefined && before !== undefined) object.spec = before;
        return error;
      },
    };
  }

  release(object: Service): Companion[] {
    return serviceAddresses(object.spec).map(remove);
  }

  /** An address that the service had already has its object, unless somebody deleted that: then it is made again. */
  #make(service: Service, ip: string, had: boolean): Companion[] {
    if (had && this.#network.address(ip) !== undefined) return [];
    const object = serviceAddress(service, ip, this.#born());
    return [{ operation: { type: 'create', key: keyOf(ip), object }, optional: had }];
  }

  #refused(
    object: Service,
    addresses: ClaimedAddresses,
    ports: ClaimedPorts,
    why: Refusal,
    companion: Companion | undefined,
  ): StatusError | undefined {
    const ip = companion?.operation.key.name ?? (isAbout(why, clusterIpAccount) ? why.amount : undefined);
    if (ip !== undefined) {
      this.#network.refuse(ip);
      return addresses.chosen.has(ip) ? undefined : refusal(object, [addresses.takenError(ip)]);
    }
    if (!isAbout(why, nodePortAccount)) return new StatusError('InternalError', 'Internal error occurred: refused');
    this.#network.refuse(why.amount);
    const port = Number(why.amount);
    return ports.chosen.has(port) ? undefined : refusal(object, [ports.takenError(port)]);
  }
}

type Insufficient = Extract<Refusal, { reason: 'Insufficient' }>;

function isAbout(why: Refusal, account: string): why is Insufficient {
  return why.reason === 'Insufficient' && why.account === account;
}

function refusal({ metadata }: Service, errors: FieldError[]): StatusError {
  return invalid({ group: '', kind: 'Service', name: metadata.name }, errors);
}

function remove(ip: string): Companion {
  return { operation: { type: 'delete', key: keyOf(ip) }, optional: true };
}

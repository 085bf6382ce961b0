import { serviceAddresses } from '@kubus/shared/registry';
import type { IPAddress, Service } from '@kubus/shared/schema';

/** For which an address may be there before its service is seen, in ms (pkg/registry/core/service/ipallocator/controller). */
const GRACE_MS = 60_000;

export const managedBy = 'ipaddress.kubernetes.io/managed-by';
export const allocator = 'ipallocator.k8s.io';

/** Addresses of services that have no IPAddress. */
export function missing(
  services: Iterable<Service>,
  isThere: (ip: string) => boolean,
): { service: Service; ip: string }[] {
  return [...services].flatMap((service) =>
    serviceAddresses(service.spec)
      .filter((ip) => !isThere(ip))
      .map((ip) => ({ service, ip })),
  );
}

/** IPAddresses that were given out to a service and are no address of it, or of none that is there. */
export function orphans(
  addresses: Iterable<IPAddress>,
  serviceOf: (namespace: string, name: string) => Service | undefined,
  now: number,
): IPAddress[] {
  return [...addresses].filter((address) => {
    const { metadata, spec } = address;
    const { resource, namespace = '', name = '' } = spec?.parentRef ?? {};
    if (metadata.labels?.[managedBy] !== allocator || resource !== 'services') return false;
    if (now - Date.parse(metadata.creationTimestamp ?? '') < GRACE_MS) return false;
    return !serviceAddresses(serviceOf(namespace, name)?.spec).includes(metadata.name);
  });
}

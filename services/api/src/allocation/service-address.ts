import type { KubeObject, ObjectKey } from '@kubus/shared/object';
import type { Service } from '@kubus/shared/schema';
import { allocator, managedBy } from './address-plan.ts';

/** Metadata of an IPAddress that is made now. */
export type Born = () => Pick<KubeObject['metadata'], 'uid' | 'creationTimestamp'>;

/** The IPAddress that shows whose an address is. */
export function serviceAddress({ metadata }: Service, ip: string, born: ReturnType<Born>): KubeObject {
  const labels = { 'ipaddress.kubernetes.io/ip-family': ip.includes(':') ? 'IPv6' : 'IPv4', [managedBy]: allocator };
  const parentRef = { resource: 'services', namespace: metadata.namespace, name: metadata.name };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name: ip, ...born, labels },
    spec: { parentRef },
  } as KubeObject;
}

export const keyOf = (name: string): ObjectKey => ({
  group: 'networking.k8s.io',
  resource: 'ipaddresses',
  namespace: '',
  name,
});

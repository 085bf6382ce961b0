import { type Cidr, formatCidr, formatIp, type KubeObject } from '@kubus/shared/object';
import type { EndpointSlice, Endpoints, Service, ServiceCIDR } from '@kubus/shared/schema';

const namespace = 'default';
const name = 'kubernetes';

/** Where pods reach an api. */
export interface ApiEndpoint {
  /** Text of an address. */
  address: string;
  port: number;
}

/** The ranges of the settings as an object; ranges of others are beside it. */
export function kubernetesServiceCidr(cidrs: readonly Cidr[]): ServiceCIDR {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name },
    spec: { cidrs: cidrs.map(formatCidr) },
  };
}

/** The service by which pods find the API: the first address of the first range. */
export function kubernetesService(cidrs: readonly [Cidr, ...Cidr[]], targetPort: number): Service {
  const [{ family, first }] = cidrs;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      clusterIP: formatIp({ family, value: first + 1n }),
      ipFamilies: [family],
      ipFamilyPolicy: 'SingleStack',
      sessionAffinity: 'None',
      ports: [{ name: 'https', port: 443, targetPort, protocol: 'TCP' }],
    },
  };
}

/** The endpoints of that service. Addresses of another family than the first one's are left out: the service has one family. */
export function kubernetesEndpoints(addresses: readonly string[], port: number): [EndpointSlice, Endpoints] {
  const ports = [{ name: 'https', port, protocol: 'TCP' }];
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata({ 'kubernetes.io/service-name': name }),
    addressType: addresses[0]?.includes(':') === true ? 'IPv6' : 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports,
  };
  const endpoints: Endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: metadata({ 'endpointslice.kubernetes.io/skip-mirror': 'true' }),
    subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports }],
  };
  return [slice, endpoints];
}

const metadata = (labels: Record<string, string>): KubeObject['metadata'] => ({ name, namespace, labels });

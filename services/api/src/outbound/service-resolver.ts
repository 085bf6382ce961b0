import { BlockList, isIP } from 'node:net';
import type { GroupResource, KubeObject, ObjectKey } from '@kubus/shared/object';

/** Where a connection goes. */
export interface Address {
  host: string;
  port: number;
}

/** Finds where a Service can be reached from here. Throws Error with the reason when it cannot. */
export type ResolveService = (namespace: string, name: string, port: number) => Promise<Address>;

interface ServicePort {
  name?: string;
  port: number;
}

interface Service extends KubeObject {
  spec?: { type?: string; clusterIP?: string; externalName?: string; ports?: readonly ServicePort[] };
}

interface EndpointSlice extends KubeObject {
  endpoints?: readonly { addresses?: readonly string[]; conditions?: { ready?: boolean } }[];
  ports?: readonly { name?: string; port?: number }[];
}

interface Endpoints extends KubeObject {
  subsets?: readonly {
    addresses?: readonly { ip: string }[];
    ports?: readonly { name?: string; port: number }[];
  }[];
}

export interface ServiceReader {
  get(key: ObjectKey): Promise<KubeObject | undefined>;
  list(resource: GroupResource, namespace: string): Promise<readonly KubeObject[]>;
}

/** Addresses that are nobody's in the cluster but this machine's or its cloud's own: whoever may write endpoints does not reach them through the api (CVE-2022-3294 and its kin). */
const own = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['255.255.255.255', 32],
] as const) {
  own.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  own.addSubnet(network, prefix, 'ipv6');
}

/** May a connection on behalf of objects of the cluster go there? */
export function isReachable(host: string): boolean {
  const family = isIP(host);
  // BlockList judges an IPv4 address that is written as an IPv6 one as what it is.
  return family !== 0 && !own.check(host, family === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Ready endpoints first, for they need no service rules on this machine; then the cluster IP or the external name, as kube-apiserver does
 * (apiserver/pkg/util/proxy ResolveEndpoint, ResolveCluster). `pick` chooses among n.
 */
export function serviceResolver(
  reader: ServiceReader,
  pick: (n: number) => number = (n) => Math.floor(Math.random() * n),
): ResolveService {
  return async (namespace, name, port) => {
    const service = (await reader.get({ group: '', resource: 'services', namespace, name })) as Service | undefined;
    if (service === undefined) throw new Error(`service ${JSON.stringify(name)} not found`);
    const { type, externalName, clusterIP, ports = [] } = service.spec ?? {};
    if (type === 'ExternalName') return externalOf(externalName, port);
    const found = ports.find((candidate) => candidate.port === port);
    if (found === undefined) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`);
    const ready = await endpointsOf(reader, namespace, name, found.name ?? '');
    const reachable = ready.filter(({ host }) => isReachable(host));
    if (reachable.length > 0) return reachable[pick(reachable.length)] as Address;
    if (ready.length > 0) throw new Error(`no endpoint of service ${JSON.stringify(name)} may be reached`);
    if (clusterIP !== undefined && isReachable(clusterIP)) return { host: clusterIP, port };
    throw new Error(`no endpoints available for service ${JSON.stringify(name)}`);
  };
}

function externalOf(name: string | undefined, port: number): Address {
  // A name could stand for any address by the time it is looked up: those that say so outright are refused, TLS has to tell the rest.
  if (!name || name === 'localhost' || (isIP(name) !== 0 && !isReachable(name))) {
    throw new Error(`external name ${JSON.stringify(name ?? '')} may not be reached`);
  }
  return { host: name, port };
}

async function endpointsOf(
  reader: ServiceReader,
  namespace: string,
  service: string,
  port: string,
): Promise<Address[]> {
  const slices = (await reader.list(
    { group: 'discovery.k8s.io', resource: 'endpointslices' },
    namespace,
  )) as EndpointSlice[];
  const own = slices.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service);
  const addresses = own.flatMap((slice) => ofSlice(slice, port));
  if (addresses.length > 0) return addresses;
  const key = { group: '', resource: 'endpoints', namespace, name: service };
  return ofEndpoints((await reader.get(key)) as Endpoints | undefined, port);
}

function ofSlice({ endpoints = [], ports = [] }: EndpointSlice, name: string): Address[] {
  const port = ports.find((candidate) => (candidate.name ?? '') === name)?.port;
  if (port === undefined) return [];
  const ready = endpoints.filter(({ conditions }) => conditions?.ready !== false);
  return ready.flatMap(({ addresses = [] }) => addresses.slice(0, 1).map((host) => ({ host, port })));
}

function ofEndpoints(object: Endpoints | undefined, name: string): Address[] {
  return (object?.subsets ?? []).flatMap(({ addresses = [], ports = [] }) => {
    const port = ports.find((candidate) => (candidate.name ?? '') === name)?.port;
    return port === undefined ? [] : addresses.map(({ ip }) => ({ host: ip, port }));
  });
}

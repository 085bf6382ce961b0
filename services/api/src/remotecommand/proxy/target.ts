import type { NodeStreamRequest } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { EndpointSlice, Pod, Service } from '@kubus/shared/schema';
import type { ServiceReader } from '../../outbound/index.ts';
import type { ProxiedName } from '../../pipeline/index.ts';
import { type Candidate, selectedPods } from './selected-pods.ts';

/** Where a proxied request goes: the node, and what to ask it for. */
export interface ProxyTarget {
  node: string;
  request: NodeStreamRequest;
}

/** Ports on which a kubelet serves; the agent's stand-in answers for each. */
const kubeletPorts: ReadonlySet<string> = new Set(['', '10250', 'kubelet']);

/** The agent itself; other ports of the node's machine are not the cluster's to give away. */
export function nodeTarget(node: KubeObject, { port }: ProxiedName): ProxyTarget {
  const { name } = node.metadata;
  if (!kubeletPorts.has(port)) {
    throw new StatusError(
      'BadRequest',
      `port ${port} of node ${name} is not served: only that of its agent, 10250, is`,
    );
  }
  return { node: name, request: { operation: 'kubelet', namespace: '', pod: '', uid: '', options: {} } };
}

/** The port that is named, else the first that a container of the pod has, else 80 (pkg/registry/core/pod ResourceLocation). */
export function podTarget(pod: Pod, { port }: ProxiedName): ProxyTarget {
  if (port !== '' && !/^\d+$/.test(port)) throw new StatusError('BadRequest', `invalid port ${JSON.stringify(port)}`);
  const declared = (pod.spec?.containers ?? []).find(({ ports = [] }) => ports.length > 0)?.ports?.[0]?.containerPort;
  return portOf(pod, port === '' ? (declared ?? 80) : Number(port));
}

/** Only what is open to other pods: the loopback inside is for port-forward. */
function portOf({ metadata, spec }: Pod, port: number): ProxyTarget {
  const { name, namespace = '', uid = '' } = metadata;
  const node = spec?.nodeName ?? '';
  if (node === '') throw new StatusError('BadRequest', `pod ${name} does not have a host assigned`);
  const options = { port, loopback: false };
  return { node, request: { operation: 'portforward', namespace, pod: name, uid, options } };
}

/**
 * A ready endpoint of the service that is a pod of its namespace and has the address that it is listed with (pkg/registry/core/service/storage ResourceLocation). The agent connects to what
 * it gave the pod, so neither a pod that claims an address nor a slice that lists one leads anywhere else. Endpoints that are no pods are not reached.
 */
export async function serviceTarget(
  service: Service,
  asked: ProxiedName,
  text: string,
  reader: ServiceReader,
  pick: (n: number) => number = (n) => Math.floor(Math.random() * n),
): Promise<ProxyTarget> {
  const { namespace = '' } = service.metadata;
  const candidates = await candidatesOf(service, portNameOf(service, asked), reader);
  const start = candidates.length === 0 ? 0 : pick(candidates.length);
  for (let i = 0; i < candidates.length; i += 1) {
    const candidate = candidates[(start + i) % candidates.length] as Candidate;
    const pod = (await reader.get({ group: '', resource: 'pods', namespace, name: candidate.pod })) as Pod | undefined;
    if (pod !== undefined && hasAddress(pod, candidate.address)) return portOf(pod, candidate.port);
  }
  throw new StatusError('ServiceUnavailable', `no endpoints available for service ${JSON.stringify(text)}`, {});
}

/** A port that is given as a number is the service's. */
function portNameOf({ metadata, spec }: Service, { port }: ProxiedName): string {
  if (!/^\d+$/.test(port)) return port;
  const found = (spec?.ports ?? []).find((candidate) => candidate.port === Number(port));
  if (found !== undefined) return found.name ?? '';
  throw new StatusError(
    'ServiceUnavailable',
    `no service port ${port} found for service ${JSON.stringify(metadata.name)}`,
    {},
  );
}

/** A service that no slice tells of (nobody has made one yet) has the pods that it selects. */
async function candidatesOf(service: Service, port: string, reader: ServiceReader): Promise<Candidate[]> {
  const { name, namespace = '' } = service.metadata;
  const resource = { group: 'discovery.k8s.io', resource: 'endpointslices' };
  const slices = ((await reader.list(resource, namespace)) as EndpointSlice[]).filter(
    ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name,
  );
  if (slices.length > 0) return slices.flatMap((slice) => listedPods(slice, port));
  const pods = (await reader.list({ group: '', resource: 'pods' }, namespace)) as Pod[];
  return selectedPods(service, port, pods);
}

function listedPods({ ports, endpoints }: EndpointSlice, port: string): Candidate[] {
  const number = (ports ?? []).find((candidate) => (candidate.name ?? '') === port)?.port;
  if (number === undefined) return [];
  return (endpoints ?? []).flatMap(({ addresses, conditions, targetRef }) =>
    conditions?.ready !== false && targetRef?.kind === 'Pod' && targetRef.name !== undefined
      ? addresses.map((address) => ({ address, pod: targetRef.name as string, port: number }))
      : [],
  );
}

const hasAddress = ({ status }: Pod, address: string): boolean =>
  status?.podIP === address || (status?.podIPs ?? []).some(({ ip }) => ip === address);

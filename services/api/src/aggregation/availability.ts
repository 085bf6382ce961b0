import type { KubeObject, ObjectKey } from '@kubus/shared/object';
import type { ApiService, ApiServiceCondition } from '@kubus/shared/registry';
import { messageOf, type ServiceReader } from '../outbound/index.ts';
import { fetchFrom } from './discovery.ts';
import type { Transports } from './transport.ts';

interface Service extends KubeObject {
  spec?: { type?: string; ports?: readonly { name?: string; port: number }[] };
}

interface Slice extends KubeObject {
  endpoints?: readonly { conditions?: { ready?: boolean } }[];
  ports?: readonly { name?: string; port?: number }[];
}

export type Finding = Pick<ApiServiceCondition, 'status' | 'reason' | 'message'>;

const no = (reason: string, message: string): Finding => ({ status: 'False', reason, message });
const passed: Finding = { status: 'True', reason: 'Passed', message: 'all checks passed' };

/** Whether the server behind an APIService can be asked (kube-aggregator's availability controller: same checks, reasons and messages). */
export async function checkAvailability(
  apiService: ApiService,
  reader: ServiceReader,
  transports: Transports,
): Promise<Finding> {
  return (await checkService(apiService, reader)) ?? (await checkDiscovery(apiService, transports));
}

async function checkService({ spec }: ApiService, reader: ServiceReader): Promise<Finding | undefined> {
  const { namespace = '', name = '', port = 443 } = spec?.service ?? {};
  const at = `service/${name} in ${JSON.stringify(namespace)}`;
  const key: ObjectKey = { group: '', resource: 'services', namespace, name };
  const service = (await reader.get(key)) as Service | undefined;
  if (service === undefined) return no('ServiceNotFound', `${at} is not present`);
  if ((service.spec?.type ?? 'ClusterIP') !== 'ClusterIP') return undefined;
  const found = service.spec?.ports?.find((candidate) => candidate.port === port);
  if (found === undefined) return no('ServicePortError', `${at} is not listening on port ${port}`);
  const all = (await reader.list({ group: 'discovery.k8s.io', resource: 'endpointslices' }, namespace)) as Slice[];
  const slices = all.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
  if (slices.length === 0) return no('EndpointsNotFound', `cannot find endpointslices for ${at}`);
  const portName = found.name ?? '';
  if (slices.some((slice) => hasEndpoint(slice, portName))) return undefined;
  return no(
    'MissingEndpoints',
    `endpointslices for ${at} have no addresses with port name ${JSON.stringify(portName)}`,
  );
}

function hasEndpoint({ endpoints = [], ports = [] }: Slice, name: string): boolean {
  const ready = endpoints.some(({ conditions }) => conditions?.ready !== false);
  return ready && ports.some((port) => (port.name ?? '') === name && port.port !== undefined);
}

async function checkDiscovery(apiService: ApiService, transports: Transports): Promise<Finding> {
  const { group = '', version = '' } = apiService.spec ?? {};
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  let url = path;
  try {
    const upstream = await transports.to(apiService);
    url = `https://${upstream.address.host}:${upstream.address.port}${path}`;
    const { code } = await fetchFrom(upstream, path);
    if (code >= 200 && code <= 299) return passed;
    return no('FailedDiscoveryCheck', `failing or missing response from ${url}: bad status from ${url}: ${code}`);
  } catch (error) {
    return no('FailedDiscoveryCheck', `failing or missing response from ${url}: ${messageOf(error)}`);
  }
}

/** The status with the finding; undefined when that is what it says already. */
export function withFinding(apiService: ApiService, finding: Finding, now: string): ApiService | undefined {
  const conditions = apiService.status?.conditions ?? [];
  const known = conditions.find(({ type }) => type === 'Available');
  if (known?.status === finding.status && known.reason === finding.reason && known.message === finding.message) {
    return undefined;
  }
  const since = known !== undefined && known.status === finding.status ? known.lastTransitionTime : now;
  const condition = { type: 'Available', ...finding, ...(since === undefined ? {} : { lastTransitionTime: since }) };
  return {
    ...apiService,
    status: { conditions: [...conditions.filter(({ type }) => type !== 'Available'), condition] },
  };
}

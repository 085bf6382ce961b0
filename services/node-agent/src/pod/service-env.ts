import type { Pod, Service } from '@kubus/shared/schema';

/**
 * Variables that tell a pod's containers of Services (Kubernetes: "Accessing the Service", environment variables): of the API always, of the pod's own
 * namespace unless enableServiceLinks is false. Pure.
 */
export function serviceVariables(pod: Pod, services: readonly Service[]): Map<string, string> {
  const namespace = pod.metadata.namespace ?? '';
  const own = pod.spec?.enableServiceLinks !== false ? services.filter((s) => s.metadata.namespace === namespace) : [];
  const api = services.filter(({ metadata }) => metadata.namespace === 'default' && metadata.name === 'kubernetes');
  // By name: the pod's own namespace goes before the default one.
  const named = new Map([...api, ...own].filter(hasAddress).map((service) => [service.metadata.name, service]));
  return new Map([...named.values()].flatMap(variablesOf));
}

const hasAddress = ({ spec }: Service) => !['', 'None', undefined].includes(spec?.clusterIP);

function variablesOf({ metadata, spec }: Service): [string, string][] {
  const prefix = variableName(metadata.name);
  const host = spec?.clusterIP ?? '';
  const ports = spec?.ports ?? [];
  const named = ports.flatMap(({ name, port }): [string, string][] =>
    name === undefined || name === '' ? [] : [[`${prefix}_SERVICE_PORT_${variableName(name)}`, `${port}`]],
  );
  return [
    [`${prefix}_SERVICE_HOST`, host],
    [`${prefix}_SERVICE_PORT`, `${ports[0]?.port ?? ''}`],
    ...named,
    ...ports.flatMap(({ port, protocol = 'TCP' }, i) => linkVariables(prefix, host, port, protocol, i === 0)),
  ];
}

/** As Docker's links once were. */
function linkVariables(
  prefix: string,
  host: string,
  port: number,
  protocol: string,
  first: boolean,
): [string, string][] {
  const url = `${protocol.toLowerCase()}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const name = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`;
  return [
    ...(first ? [[`${prefix}_PORT`, url] satisfies [string, string]] : []),
    [name, url],
    [`${name}_PROTO`, protocol.toLowerCase()],
    [`${name}_PORT`, `${port}`],
    [`${name}_ADDR`, host],
  ];
}

const variableName = (name: string) => name.toUpperCase().replaceAll('-', '_');

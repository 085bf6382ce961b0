import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { Service, ServicePort, ServiceSpec } from '../../schema/index.ts';
import { age, ageColumn, labelsCell, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { field } from '../field.ts';
import { dns1035Name, validateLabels } from '../metadata.ts';
import { statusSubresource } from '../status.ts';

const schema = 'io.k8s.api.core.v1.Service';
const responds = { group: '', version: 'v1', kind: 'Service' };

export const service: KindDeclaration<Service> = {
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  scope: 'Namespaced',
  versions: [{ group: '', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    returnsDeleted: true,
    validateName: dns1035Name,
    setDefaults,
    prepareForCreate(object) {
      object.status = { loadBalancer: {} };
      if (object.spec !== undefined) prepareAddresses(object.spec);
    },
    prepareForUpdate(object, old) {
      if (object.spec !== undefined && old.spec !== undefined) keepAddresses(object.spec, old.spec);
    },
    validate,
    validateUpdate,
  },
  subresources: [
    statusSubresource<Service>(responds, schema),
    {
      name: 'proxy',
      responds: { group: '', version: 'v1', kind: 'ServiceProxyOptions' },
      schema: 'io.k8s.api.core.v1.ServiceProxyOptions',
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
      type: 'connect',
    },
  ],
  table: {
    columns: [
      nameColumn,
      text('Type', 'How the service is exposed.'),
      text('Cluster-IP', 'Address of the service inside the cluster.'),
      text('External-IP', 'Addresses of the service outside of the cluster.'),
      text('Port(s)', 'The ports that are exposed by this service.'),
      ageColumn,
      text('Selector', 'Labels of the pods to which traffic goes.', 1),
    ],
    cells: (object, now) => [
      object.metadata.name,
      object.spec?.type ?? '',
      object.spec?.clusterIPs?.[0] ?? '<none>',
      externalCell(object),
      portsCell(object.spec?.ports ?? []),
      age(object, now),
      labelsCell(object.spec?.selector),
    ],
  },
  fields: {
    'spec.clusterIP': (object) => object.spec?.clusterIP ?? '',
    'spec.type': (object) => object.spec?.type ?? '',
  },
};

const SESSION_SECONDS = 10_800;

function setDefaults({ spec }: Service): void {
  if (spec === undefined) return;
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  else spec.sessionAffinityConfig ??= { clientIP: { timeoutSeconds: SESSION_SECONDS } };
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (external) spec.externalTrafficPolicy ||= 'Cluster';
  if (external || spec.type === 'ClusterIP') spec.internalTrafficPolicy ||= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
}

/**
 * Families and the two ways to write an address agree. Addresses are given out with the service network; until then a service has one only when its
 * author names it.
 */
function prepareAddresses(spec: ServiceSpec): void {
  if (spec.type === 'ExternalName') return;
  if ((spec.clusterIPs ?? []).length > 0) spec.clusterIP ||= spec.clusterIPs?.[0] as string;
  else if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
  if (spec.clusterIP) {
    spec.ipFamilies ??= [spec.clusterIP.includes(':') ? 'IPv6' : 'IPv4'];
    spec.ipFamilyPolicy ??= 'SingleStack';
  }
}

/** An update that leaves addresses out leaves them as they are. */
function keepAddresses(spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return;
  for (const name of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) {
    if (spec[name] === undefined && old[name] !== undefined) Object.assign(spec, { [name]: old[name] });
  }
}

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const affinities = ['ClientIP', 'None'];

function validate({ spec }: Service): FieldError[] {
  if (spec === undefined) return [field.required('spec.ports')];
  const { type = '', sessionAffinity = '', clusterIP = '' } = spec;
  const errors: FieldError[] = [];
  if (!types.includes(type)) errors.push(field.notSupported('spec.type', type, types));
  if (!affinities.includes(sessionAffinity)) {
    errors.push(field.notSupported('spec.sessionAffinity', sessionAffinity, affinities));
  }
  if (type === 'ExternalName') errors.push(...validateExternalName(spec));
  else if ((spec.ports ?? []).length === 0 && clusterIP !== 'None') errors.push(field.required('spec.ports'));
  errors.push(...validateLabels(spec.selector ?? {}, 'spec.selector'));
  return [...errors, ...validatePorts(spec.ports ?? [])];
}

function validateExternalName({ externalName = '', clusterIP }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (clusterIP) errors.push(field.forbidden('spec.clusterIPs', 'may not be set for ExternalName services'));
  const name = externalName.replace(/\.$/, '');
  if (name === '') errors.push(field.required('spec.externalName'));
  else errors.push(...field.invalids('spec.externalName', externalName, names.dnsSubdomain(name)));
  return errors;
}

const protocols = ['SCTP', 'TCP', 'UDP'];

function validatePorts(ports: readonly ServicePort[]): FieldError[] {
  const seen = { names: new Set<string>(), ports: new Set<string>() };
  return ports.flatMap((port, i) => {
    const where = `spec.ports[${i}]`;
    const errors = validatePort(port, where, ports.length > 1);
    if (port.name) {
      if (seen.names.has(port.name)) errors.push(field.duplicate(`${where}.name`, port.name));
      seen.names.add(port.name);
    }
    const number = `${port.protocol}/${port.port}`;
    if (seen.ports.has(number)) errors.push(field.duplicate(where, { protocol: port.protocol, port: port.port }));
    seen.ports.add(number);
    return errors;
  });
}

function validatePort(port: ServicePort, where: string, several: boolean): FieldError[] {
  const { name = '', protocol = '', targetPort } = port;
  const errors: FieldError[] = [];
  if (several && name === '') errors.push(field.required(`${where}.name`));
  else if (name !== '') errors.push(...field.invalids(`${where}.name`, name, names.dnsLabel(name)));
  errors.push(...field.invalids(`${where}.port`, port.port, names.portNumber(port.port)));
  if (protocol === '') errors.push(field.required(`${where}.protocol`));
  else if (!protocols.includes(protocol)) errors.push(field.notSupported(`${where}.protocol`, protocol, protocols));
  if (typeof targetPort === 'number') {
    errors.push(...field.invalids(`${where}.targetPort`, targetPort, names.portNumber(targetPort)));
  } else if (targetPort !== undefined) {
    errors.push(...field.invalids(`${where}.targetPort`, targetPort, names.portName(targetPort)));
  }
  return errors;
}

function validateUpdate({ spec }: Service, { spec: old }: Service): FieldError[] {
  if (!old?.clusterIP || old.type === 'ExternalName' || spec?.type === 'ExternalName') return [];
  if (spec?.clusterIP === old.clusterIP) return [];
  return [field.invalid('spec.clusterIPs[0]', spec?.clusterIPs ?? null, 'may not change once set')];
}

function externalCell({ spec, status }: Service): string {
  const own = spec?.externalIPs ?? [];
  if (spec?.type === 'ExternalName') return spec.externalName ?? '';
  if (spec?.type !== 'LoadBalancer') return own.join(',') || '<none>';
  const balancers = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
  return [...balancers, ...own].join(',') || '<pending>';
}

function portsCell(ports: readonly ServicePort[]): string {
  const cells = ports.map(({ port, nodePort, protocol }) =>
    nodePort ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return cells.join(',') || '<none>';
}

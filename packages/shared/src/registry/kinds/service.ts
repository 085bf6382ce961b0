import type { Service, ServicePort } from '../../schema/index.ts';
import type { Charge } from '../../store/index.ts';
import { age, ageColumn, labelsCell, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { dns1035Name } from '../metadata.ts';
import { balancerStatusErrors } from '../networking/validate-ingress.ts';
import {
  addressesOf,
  alignNewAddresses,
  carryOver,
  isExternallyAccessible,
  needsClusterIp,
  nodePortsOf,
  serviceWarnings,
  validateService,
  validateServiceUpdate,
} from '../service/index.ts';
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
    allowCreateOnUpdate: true,
    prepareForCreate(object) {
      object.status = { loadBalancer: {} };
      if (object.spec !== undefined) alignNewAddresses(object.spec);
    },
    prepareForUpdate: carryOver,
    validate: validateService,
    validateUpdate: validateServiceUpdate,
    warnings: serviceWarnings,
    footprint: ({ spec }) => ({
      charges: [taken(clusterIpAccount, addressesOf(spec)), taken(nodePortAccount, nodePortsOf(spec))].flat(),
    }),
  },
  subresources: [
    statusSubresource<Service>(responds, schema, {
      validate: ({ status }) =>
        balancerStatusErrors(status?.loadBalancer?.ingress ?? [], 'status.loadBalancer.ingress'),
    }),
    {
      name: 'proxy',
      responds: { group: '', version: 'v1', kind: 'ServiceProxyOptions' },
      schema: 'io.k8s.api.core.v1.ServiceProxyOptions',
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
      type: 'connect',
      proxied: true,
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

/** Accounts in which each address and each port of the nodes can be held by one service. */
export const clusterIpAccount = 'unique/cluster-ip';
export const nodePortAccount = 'unique/node-port';

function taken(account: string, values: readonly (string | number)[]): Charge[] {
  if (values.length === 0) return [];
  return [{ account, amounts: Object.fromEntries(values.map((value) => [String(value), 1])), enforce: true }];
}

const SESSION_SECONDS = 10_800;

function setDefaults({ spec }: Service): void {
  if (spec === undefined) return;
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= SESSION_SECONDS;
  }
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (needsClusterIp(spec)) spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
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

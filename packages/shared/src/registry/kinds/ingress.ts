import type { Ingress, IngressLoadBalancerIngress, IngressRule } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { ingressClassErrors, validateIngress, validateIngressStatus } from '../networking/validate-ingress.ts';
import { statusSubresource } from '../status.ts';

const schema = 'io.k8s.api.networking.v1.Ingress';
const responds = { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress' };

export const ingress: KindDeclaration<Ingress> = {
  kind: 'Ingress',
  plural: 'ingresses',
  singular: 'ingress',
  shortNames: ['ing'],
  scope: 'Namespaced',
  versions: [{ group: 'networking.k8s.io', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    hasGeneration: true,
    validate: validateIngress,
    validateCreate: ingressClassErrors,
  },
  subresources: [statusSubresource<Ingress>(responds, schema, { validate: validateIngressStatus })],
  table: {
    columns: [
      nameColumn,
      text('Class', 'The IngressClass that serves the ingress.'),
      text('Hosts', 'The hosts of its rules.'),
      text('Address', 'Where the load balancer is reached.'),
      text('Ports', 'Ports that are open: 443 with TLS.'),
      ageColumn,
    ],
    cells: (object, now) => [
      object.metadata.name,
      object.spec?.ingressClassName ?? '<none>',
      hostsCell(object.spec?.rules ?? []),
      addressCell(object.status?.loadBalancer?.ingress ?? []),
      (object.spec?.tls ?? []).length > 0 ? '80, 443' : '80',
      age(object, now),
    ],
  },
};

function hostsCell(rules: readonly IngressRule[]): string {
  const hosts: string[] = [];
  let more = false;
  for (const { host } of rules) {
    if (hosts.length === 3) more = true;
    else if (host) hosts.push(host);
  }
  if (hosts.length === 0) return '*';
  return more ? `${hosts.join(',')} + ${rules.length - 3} more...` : hosts.join(',');
}

function addressCell(points: readonly IngressLoadBalancerIngress[]): string {
  const addresses = points.map(({ ip, hostname }) => ip || hostname || '').filter((address) => address !== '');
  return [...new Set(addresses)].sort().join(',');
}

import type { KubeObject } from '@kubus/shared/object';
import type { PolicyRule } from '../contract.ts';
import { componentRoles, controllerRoles } from './component-roles.ts';
import type { BootstrapSubject } from './namespace-roles.ts';
import { aggregateTo, type BootstrapRole } from './rule.ts';
import { foreignControllerRoles, standingRoles } from './standing-roles.ts';
import { userRoles } from './user-roles.ts';

const apiGroup = 'rbac.authorization.k8s.io';
const apiVersion = `${apiGroup}/v1`;

/** Objects that the api makes anew when they are missing, and mends when rules or subjects are (annotation autoupdate). */
const metadata = (name: string, labels: Record<string, string> = {}): KubeObject['metadata'] => ({
  name,
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
});

/** A role of a controller that runs here takes the place of the one that Kubernetes' own would need. */
const foreignRoles = foreignControllerRoles.filter(({ name }) => !controllerRoles.some((own) => own.name === name));

const roles: readonly BootstrapRole[] = [
  ...userRoles,
  ...componentRoles,
  ...standingRoles,
  ...controllerRoles,
  ...foreignRoles,
];

export interface BootstrapClusterRole extends KubeObject {
  rules: readonly PolicyRule[];
}

export interface BootstrapClusterRoleBinding extends KubeObject {
  roleRef: { apiGroup: string; kind: string; name: string };
  subjects: readonly BootstrapSubject[];
}

/** The ClusterRoles every cluster starts with (bootstrappolicy ClusterRoles and ControllerRoles). */
export function bootstrapClusterRoles(): BootstrapClusterRole[] {
  return roles.map((role) => ({
    apiVersion,
    kind: 'ClusterRole',
    metadata: metadata(role.name, role.labels),
    ...(role.aggregates === undefined
      ? {}
      : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregateTo(role.aggregates) }] } }),
    rules: rulesOf(role),
  }));
}

/** An aggregated role is written out, so that whoever reads the object sees what it gives. */
function rulesOf(role: BootstrapRole): PolicyRule[] {
  if (role.aggregates === undefined) return [...role.rules];
  const [label] = Object.keys(aggregateTo(role.aggregates));
  const joining = roles.filter((other) => label !== undefined && other.labels?.[label] === 'true');
  return [...role.rules, ...joining.flatMap(rulesOf)];
}

export function bootstrapClusterRoleBindings(): BootstrapClusterRoleBinding[] {
  const controllerManager = { kind: 'User', name: 'system:kube-controller-manager' };
  const authenticated = { kind: 'Group', name: 'system:authenticated' };
  return [
    binding('cluster-admin', { kind: 'Group', name: 'system:masters' }),
    binding('system:basic-user', authenticated),
    binding('system:discovery', authenticated),
    binding('system:public-info-viewer', authenticated, { kind: 'Group', name: 'system:unauthenticated' }),
    binding('system:monitoring', { kind: 'Group', name: 'system:monitoring' }),
    binding('system:service-account-issuer-discovery', { kind: 'Group', name: 'system:serviceaccounts' }),
    binding('system:node-proxier', { kind: 'User', name: 'system:kube-proxy' }),
    binding('system:kube-scheduler', { kind: 'User', name: 'system:kube-scheduler' }),
    binding('system:volume-scheduler', { kind: 'User', name: 'system:kube-scheduler' }),
    serviceAccountBinding('system:kube-dns', 'kube-dns'),
    binding('system:node'),
    binding('system:kube-controller-manager', controllerManager),
    binding('system:kubus:simulated-nodes', { kind: 'User', name: 'system:kubus:simulated-nodes' }),
    ...controllerRoles.map((role) => binding(role.name, controllerManager)),
    ...foreignRoles.map(({ name }) => serviceAccountBinding(name, name.slice('system:controller:'.length))),
  ];
}

function binding(role: string, ...subjects: readonly { kind: string; name: string }[]): BootstrapClusterRoleBinding {
  return {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: metadata(role),
    roleRef: { apiGroup, kind: 'ClusterRole', name: role },
    subjects: subjects.map((subject) => ({ apiGroup, ...subject })),
  };
}

function serviceAccountBinding(role: string, name: string): BootstrapClusterRoleBinding {
  return { ...binding(role), subjects: [{ kind: 'ServiceAccount', name, namespace: 'kube-system' }] };
}

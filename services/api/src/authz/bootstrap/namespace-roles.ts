import type { KubeObject } from '@kubus/shared/object';
import type { PolicyRule } from '../contract.ts';
import { eventsRule, read, rule } from './rule.ts';

const apiGroup = 'rbac.authorization.k8s.io';

interface NamespaceRole {
  namespace: 'kube-system' | 'kube-public';
  name: string;
  rules: readonly PolicyRule[];
  /** Name of the binding and whom it binds; absent: nobody. */
  bound?: { as: string; users?: readonly string[]; serviceAccounts?: readonly string[] };
}

const lock = (component: string, ...more: readonly string[]): NamespaceRole => ({
  namespace: 'kube-system',
  name: `system::leader-locking-${component}`,
  rules: [rule(['create', 'get', 'list', 'update', 'watch'], 'coordination.k8s.io', 'leases')],
  bound: {
    as: `system::leader-locking-${component}`,
    users: [`system:${component}`],
    serviceAccounts: [component, ...more],
  },
});

const own = (name: string): NonNullable<NamespaceRole['bound']> => ({
  as: `system:controller:${name}`,
  serviceAccounts: [name],
});

/** Roles of the system's namespaces (bootstrappolicy NamespaceRoles). */
const roles: readonly NamespaceRole[] = [
  {
    namespace: 'kube-system',
    name: 'extension-apiserver-authentication-reader',
    rules: [{ ...rule(read, '', 'configmaps'), resourceNames: ['extension-apiserver-authentication'] }],
    bound: {
      as: 'system::extension-apiserver-authentication-reader',
      users: ['system:kube-controller-manager', 'system:kube-scheduler'],
    },
  },
  lock('kube-controller-manager', 'leader-election-controller'),
  lock('kube-scheduler'),
  {
    namespace: 'kube-system',
    name: 'system:controller:bootstrap-signer',
    rules: [rule(read, '', 'secrets')],
    bound: own('bootstrap-signer'),
  },
  {
    namespace: 'kube-public',
    name: 'system:controller:bootstrap-signer',
    rules: [
      rule(read, '', 'configmaps'),
      { ...rule(['update'], '', 'configmaps'), resourceNames: ['cluster-info'] },
      eventsRule,
    ],
    bound: own('bootstrap-signer'),
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:cloud-provider',
    rules: [rule(['create', ...read], '', 'configmaps')],
    bound: own('cloud-provider'),
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:token-cleaner',
    rules: [rule(['delete', ...read], '', 'secrets'), eventsRule],
    bound: own('token-cleaner'),
  },
];

const metadata = ({ namespace }: NamespaceRole, name: string): KubeObject['metadata'] => ({
  name,
  namespace,
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
});

export interface BootstrapRoleObject extends KubeObject {
  rules: readonly PolicyRule[];
}

export interface BootstrapSubject {
  apiGroup?: string;
  kind: string;
  name: string;
  namespace?: string;
}

export interface BootstrapBindingObject extends KubeObject {
  roleRef: { apiGroup: string; kind: string; name: string };
  subjects: readonly BootstrapSubject[];
}

export function bootstrapRoles(): BootstrapRoleObject[] {
  return roles.map((role) => ({
    apiVersion: `${apiGroup}/v1`,
    kind: 'Role',
    metadata: metadata(role, role.name),
    rules: [...role.rules],
  }));
}

export function bootstrapRoleBindings(): BootstrapBindingObject[] {
  return roles.flatMap((role) => {
    if (role.bound === undefined) return [];
    const { as, users = [], serviceAccounts = [] } = role.bound;
    return [
      {
        apiVersion: `${apiGroup}/v1`,
        kind: 'RoleBinding',
        metadata: metadata(role, as),
        roleRef: { apiGroup, kind: 'Role', name: role.name },
        subjects: [
          ...users.map((name) => ({ apiGroup, kind: 'User', name })),
          ...serviceAccounts.map((name) => ({ kind: 'ServiceAccount', name, namespace: 'kube-system' })),
        ],
      },
    ];
  });
}

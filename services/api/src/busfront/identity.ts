import type { BusIdentity } from '@kubus/shared/bus';
import { authenticatedGroup, type UserInfo } from '../authn/index.ts';
import type { ImpliedBinding } from '../authz/index.ts';

/** The group of desired sets; what it may do follows from the set's namespace, not from bindings. */
const desiredSetsGroup = 'system:kubus:desired-sets';
const desiredPrefix = 'system:kubus:desired:';
/** The "namespace" of desired sets of cluster-scoped objects. */
const clusterSets = '_cluster';

/** Users of the control plane's services (Kubernetes: user names of the components). */
const serviceUsers: ReadonlyMap<string, string> = new Map([
  ['scheduler', 'system:kube-scheduler'],
  ['controller-manager', 'system:kube-controller-manager'],
  ['sim', 'system:kubus:simulated-nodes'],
]);

/** Who a bus identity is to the API. NATS permissions hold each connection to its own identity. */
export function userOf({ kind, name }: BusIdentity): UserInfo {
  switch (kind) {
    case 'service':
      return { username: serviceUsers.get(name) ?? `system:kubus:service:${name}`, groups: [authenticatedGroup] };
    case 'node':
      return { username: `system:node:${name}`, groups: ['system:nodes', authenticatedGroup] };
    case 'desired':
      return { username: `${desiredPrefix}${name}`, groups: [desiredSetsGroup, authenticatedGroup] };
    case 'user':
      return name === 'admin'
        ? { username: 'kubernetes-admin', groups: ['system:masters', authenticatedGroup] }
        : { username: name, groups: [authenticatedGroup] };
  }
}

/** A desired set may do in its namespace what an administrator of it may; those of the whole cluster may do everything. */
export function desiredSetBindings(user: UserInfo): readonly ImpliedBinding[] {
  if (!user.groups.includes(desiredSetsGroup) || !user.username.startsWith(desiredPrefix)) return [];
  const namespace = user.username.slice(desiredPrefix.length);
  return namespace === clusterSets
    ? [{ clusterRole: 'cluster-admin', namespace: '' }]
    : [{ clusterRole: 'admin', namespace }];
}

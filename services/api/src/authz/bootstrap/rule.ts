import type { PolicyRule } from '../contract.ts';

export const read = ['get', 'list', 'watch'] as const;
export const write = ['create', 'delete', 'deletecollection', 'patch', 'update'] as const;
export const readWrite = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;

/** A ClusterRole of the policy every cluster starts with. */
export interface BootstrapRole {
  name: string;
  labels?: Record<string, string>;
  rules: readonly PolicyRule[];
  /** The label by which roles join this one: `rbac.authorization.k8s.io/aggregate-to-<value>`. */
  aggregates?: 'admin' | 'edit' | 'view';
}

/** `rule(['get'], '', 'pods', 'pods/log')`: verbs, one group or several, resources. */
export function rule(
  verbs: readonly string[],
  groups: string | readonly string[],
  ...resources: readonly string[]
): PolicyRule {
  return { apiGroups: typeof groups === 'string' ? [groups] : groups, resources, verbs };
}

export function paths(...nonResourceURLs: readonly string[]): PolicyRule {
  return { nonResourceURLs, verbs: ['get'] };
}

export const eventsRule = rule(['create', 'patch', 'update'], ['', 'events.k8s.io'], 'events');

export function aggregateTo(role: 'admin' | 'edit' | 'view'): Record<string, string> {
  return { [`rbac.authorization.k8s.io/aggregate-to-${role}`]: 'true' };
}

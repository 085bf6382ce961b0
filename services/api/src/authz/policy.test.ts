import { describe, expect, it } from 'vitest';
import { Policy, type RoleObject } from './policy.ts';

const role = (name: string, labels: Record<string, string>, selectors?: object[]): RoleObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name, labels },
  rules: selectors === undefined ? [{ verbs: ['get'], apiGroups: [''], resources: [name] }] : [],
  ...(selectors === undefined ? {} : { aggregationRule: { clusterRoleSelectors: selectors } }),
});

describe('an aggregated role', () => {
  /** What the roles a, b and c bring to it. */
  const brought = (selectors: object[], ...more: RoleObject[]) => {
    const own = role('sum', { tier: 'sum' }, selectors);
    const clusterRoles = [own, role('a', { tier: 'x' }), role('b', { tier: 'y', of: 'me' }), role('c', {}), ...more];
    const policy = new Policy({ clusterRoles, roles: [], clusterRoleBindings: [], roleBindings: [] });
    return policy.rulesOf({ kind: 'ClusterRole', name: 'sum' }, '')?.flatMap(({ resources = [] }) => resources);
  };

  it('holds the rules of those that any of its selectors finds, and of no other', () => {
    expect(brought([{ matchLabels: { tier: 'x' } }])).toEqual(['a']);
    expect(brought([{ matchLabels: { tier: 'y', of: 'you' } }])).toEqual([]);
    expect(brought([{ matchLabels: { tier: 'x' } }, { matchLabels: { of: 'me' } }])).toEqual(['a', 'b']);
  });

  it('selects as selectors of labels do: by expressions too, and everything where nothing is asked for', () => {
    expect(brought([{ matchExpressions: [{ key: 'tier', operator: 'Exists' }] }])).toEqual(['a', 'b']);
    expect(brought([{ matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['x'] }] }])).toEqual(['b', 'c']);
    expect(brought([{}])).toEqual(['a', 'b', 'c']);
    expect(brought([{ matchExpressions: [{ key: 'tier', operator: 'Like', values: ['x'] }] }])).toEqual([]);
  });

  it('holds what aggregated roles bring that it finds, round in a circle too', () => {
    const other = role('other', { tier: 'other' }, [{ matchLabels: { tier: 'x' } }, { matchLabels: { tier: 'sum' } }]);
    expect(brought([{ matchLabels: { tier: 'other' } }], other)).toEqual(['a']);
  });
});

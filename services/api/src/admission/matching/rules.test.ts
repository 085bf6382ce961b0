import { describe, expect, it } from 'vitest';
import { type Rule, ruleMatches, type Subject } from './rules.ts';

const subject: Subject = {
  ...{ operation: 'CREATE', group: '', version: 'v1', resource: 'pods', subresource: '' },
  ...{ namespace: 'n', name: 'p' },
};
const every: Rule = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] };
const matches = (rule: Rule, more: Partial<Subject> = {}) =>
  ruleMatches({ ...every, ...rule }, { ...subject, ...more });

describe('a rule', () => {
  it('is about one scope or both; a namespace object is of the cluster', () => {
    const node = { resource: 'nodes', namespace: '' };
    const namespace = { resource: 'namespaces', namespace: 'n', name: 'n' };
    for (const [scope, expected] of [
      ['Namespaced', [true, false, false]],
      ['Cluster', [false, true, true]],
      ['*', [true, true, true]],
      [undefined, [true, true, true]],
    ] as const) {
      const rule = scope === undefined ? {} : { scope };
      expect([scope, matches(rule), matches(rule, node), matches(rule, namespace)]).toEqual([scope, ...expected]);
    }
  });

  it('tells a resource from its subresources', () => {
    const exec = { subresource: 'exec' };
    for (const [pattern, pod, ofPod] of [
      ['pods', true, false],
      ['pods/exec', false, true],
      ['pods/*', true, true],
      ['*', true, false],
      ['*/*', true, true],
      ['*/exec', false, true],
      ['services/*', false, false],
    ] as const) {
      const rule = { resources: [pattern] };
      expect([pattern, matches(rule), matches(rule, exec)]).toEqual([pattern, pod, ofPod]);
    }
  });

  it('needs its operation, group and version, and one of its names if it has any', () => {
    expect(matches({ operations: ['UPDATE'] })).toBe(false);
    expect(matches({ apiGroups: ['apps'] })).toBe(false);
    expect(matches({ apiVersions: ['v2'] })).toBe(false);
    expect(matches({ resourceNames: [] })).toBe(true);
    expect(matches({ resourceNames: ['p', 'q'] })).toBe(true);
    expect(matches({ resourceNames: ['q'] })).toBe(false);
  });
});

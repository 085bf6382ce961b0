import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PolicyRule, ResourceAttributes } from './contract.ts';
import { describeRules, missingRules } from './covers.ts';
import { ruleAllows } from './rules.ts';

const user = { username: 'alice', groups: [] };

function attributes(text: string): ResourceAttributes {
  // verb group/resource/subresource name
  const [verb = '', target = '', name = ''] = text.split(' ');
  const [group = '', resource = '', subresource = ''] = target.split('/');
  return { user, verb, group, resource, subresource, namespace: 'default', name };
}

const rule = (verbs: string, apiGroups: string, resources: string, resourceNames?: string): PolicyRule => ({
  verbs: verbs.split(','),
  apiGroups: apiGroups.split(','),
  resources: resources.split(','),
  ...(resourceNames === undefined ? {} : { resourceNames: resourceNames.split(',') }),
});

describe('a rule', () => {
  const table: [PolicyRule, string, boolean][] = [
    [rule('get', '', 'pods'), 'get /pods x', true],
    [rule('get', '', 'pods'), 'list /pods', false],
    [rule('get', '', 'pods'), 'get apps/pods x', false],
    [rule('get', '', 'pods'), 'get /pods/log x', false],
    [rule('get', '', 'pods/log'), 'get /pods/log x', true],
    [rule('get', '', 'pods/log'), 'get /pods x', false],
    [rule('get', '', 'pods/*'), 'get /pods/log x', false],
    [rule('get', '', '*/scale'), 'get /deployments/scale x', true],
    [rule('get', '', '*/scale'), 'get /deployments x', false],
    [rule('*', '*', '*'), 'escalate x.y/zs/w n', true],
    [rule('get', '', 'pods', 'a,b'), 'get /pods b', true],
    [rule('get', '', 'pods', 'a,b'), 'get /pods c', false],
    [rule('list', '', 'pods', 'a'), 'list /pods', false],
    [rule('get', '', 'Pods'), 'get /pods x', false],
  ];
  it.each(table)('%j for %s: %s', (given, asked, expected) => {
    expect(ruleAllows(given, attributes(asked))).toBe(expected);
  });

  it('speaks of paths by whole segments of text', () => {
    const allows = (url: string, path: string): boolean =>
      ruleAllows({ verbs: ['get'], nonResourceURLs: [url] }, { user, verb: 'get', path });
    expect([allows('/healthz', '/healthz'), allows('/healthz', '/healthz/ping')]).toEqual([true, false]);
    expect([allows('/healthz/*', '/healthz/ping'), allows('*', '/metrics')]).toEqual([true, true]);
    expect(ruleAllows(rule('*', '*', '*'), { user, verb: 'get', path: '/metrics' })).toBe(false);
  });
});

describe('granting', () => {
  it('finds what is not held', () => {
    const held = [rule('get,list', '', 'pods,pods/log'), rule('*', 'apps', '*')];
    expect(missingRules(held, [rule('get', '', 'pods'), rule('delete', 'apps', 'deployments')])).toEqual([]);
    expect(describeRules(missingRules(held, [rule('get,delete,watch', '', 'pods,secrets')]))).toEqual([
      '{APIGroups:[""], Resources:["pods"], Verbs:["delete" "watch"]}',
      '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "delete" "watch"]}',
    ]);
  });

  it('does not take a name for all, a wildcard that is not held, or a path for a resource', () => {
    expect(missingRules([rule('get', '', 'pods', 'a')], [rule('get', '', 'pods')])).toHaveLength(1);
    expect(missingRules([rule('get', '', 'pods', 'a')], [rule('get', '', 'pods', 'a')])).toEqual([]);
    expect(missingRules([rule('get', '', 'pods,secrets')], [rule('get', '', '*')])).toHaveLength(1);
    expect(missingRules([rule('get', '', 'pods')], [rule('*', '', 'pods')])).toHaveLength(1);
    expect(missingRules([rule('get', '', '*')], [rule('get', '', '*/scale')])).toEqual([]);
    expect(missingRules([rule('get', '', 'pods')], [rule('get', '', 'pods/exec')])).toHaveLength(1);
    const paths = (...nonResourceURLs: string[]): PolicyRule => ({ verbs: ['get'], nonResourceURLs });
    expect(missingRules([rule('*', '*', '*')], [paths('/metrics')])).toHaveLength(1);
    expect(missingRules([paths('/api/*')], [paths('/api/v1', '/api/*')])).toEqual([]);
    expect(missingRules([paths('/api/v1')], [paths('/api/*')])).toHaveLength(1);
  });

  it('never lets a grant allow what its author is not allowed', () => {
    const some = <T>(...values: T[]) => fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 });
    const anyRule = fc.record({
      verbs: some('get', 'list', 'delete', '*'),
      apiGroups: some('', 'apps', '*'),
      resources: some('pods', 'pods/log', 'secrets', '*', '*/scale', 'deployments/scale'),
      resourceNames: fc.uniqueArray(fc.constantFrom('a', 'b'), { maxLength: 2 }),
    });
    const request = fc
      .tuple(
        fc.constantFrom('get', 'list', 'delete', 'bind'),
        fc.constantFrom('/pods/', '/pods/log', '/secrets/', 'apps/deployments/scale', 'apps/secrets/'),
        fc.constantFrom('a', 'b', 'c', ''),
      )
      .map((parts) => attributes(parts.join(' ')));
    fc.assert(
      fc.property(
        fc.array(anyRule, { maxLength: 4 }),
        fc.array(anyRule, { maxLength: 3 }),
        request,
        (held, wanted, asked) => {
          fc.pre(missingRules(held, wanted).length === 0);
          if (wanted.some((one) => ruleAllows(one, asked)))
            expect(held.some((one) => ruleAllows(one, asked))).toBe(true);
        },
      ),
    );
  });
});

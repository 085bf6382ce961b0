import { builtinKinds, Registry } from '@kubus/shared/registry';
import { expect, it } from 'vitest';
import type { ValidatingPolicySpec } from './contract.ts';
import { typeWarnings } from './type-check.ts';

const registry = new Registry(builtinKinds);
const rule = (group: string, version: string, ...resources: string[]) => ({
  ...{ apiGroups: [group], apiVersions: [version], operations: ['CREATE'], resources },
});
const warningsOf = (spec: ValidatingPolicySpec, ...rules: ReturnType<typeof rule>[]) =>
  typeWarnings({ matchConstraints: { resourceRules: rules }, ...spec }, registry);
const deployments = rule('apps', 'v1', 'deployments');

it('says nothing of what is right', () => {
  const variables = [{ name: 'replicas', expression: 'object.spec.replicas' }];
  const validations = [{ expression: 'variables.replicas > 1', messageExpression: "'not ' + object.metadata.name" }];
  expect(warningsOf({ variables, validations }, deployments)).toEqual([]);
});

it('tells of fields that a kind does not have, and of values of the wrong type', () => {
  const validations = [
    { expression: 'object.spec.replicas > 1', messageExpression: 'object.spec.replicas + 1' },
    { expression: 'object.replicas > 1' },
  ];
  expect(warningsOf({ validations }, deployments)).toEqual([
    {
      fieldRef: 'spec.validations[0].messageExpression',
      warning: expect.stringContaining('apps/v1, Kind=Deployment: '),
    },
    {
      fieldRef: 'spec.validations[1].expression',
      warning: expect.stringMatching(/^apps\/v1, Kind=Deployment: [\s\S]*undefined field 'replicas'[\s\S]*\n$/),
    },
  ]);
});

it('checks against every kind that is named, once', () => {
  const validations = [{ expression: 'object.spec.replicas > 1' }];
  const more = [deployments, rule('apps', 'v1', 'deployments', 'daemonsets'), rule('', 'v1', 'pods')];
  const [found, ...others] = warningsOf({ validations }, ...more);
  expect(others).toEqual([]);
  expect(found?.warning.match(/Kind=\w+/g)).toEqual(['Kind=DaemonSet', 'Kind=Pod']);
});

it('has nothing to check where kinds are not named, or not known', () => {
  const validations = [{ expression: 'object.no.such.field' }];
  for (const unnamed of [rule('*', 'v1', 'deployments'), rule('apps', 'v1', '*'), rule('example.com', 'v1', 'x')])
    expect(warningsOf({ validations }, unnamed)).toEqual([]);
});

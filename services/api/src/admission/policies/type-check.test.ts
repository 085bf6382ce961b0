import { type CustomResourceDefinition, customKind } from '@kubus/shared/custom-resources';
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

it('knows the fields of definitions, and the metadata of their objects, but not what those hold that keep anything', () => {
  const rules = [rule('example.com', 'v1', 'backups'), rule('example.com', 'v1', 'bags')];
  const right = "object.spec.keep > 1 && 'a' in object.metadata.labels && object.kind == 'Backup'";
  const expressions = [right, 'object.spec.kept > 1', "object.spec.keep == 'x'"];
  const found = typeWarnings(
    {
      matchConstraints: { resourceRules: rules },
      validations: expressions.map((expression) => ({ expression })),
    },
    new Registry([
      ...builtinKinds,
      customKind(definition('Backup', 'backups')),
      customKind(definition('Bag', 'bags', true)),
    ]),
  );
  expect(found).toEqual([
    {
      fieldRef: 'spec.validations[1].expression',
      warning: expect.stringMatching(/^example\.com\/v1, Kind=Backup: [\s\S]*undefined field 'kept'/),
    },
    {
      fieldRef: 'spec.validations[2].expression',
      warning: expect.stringMatching(/^example\.com\/v1, Kind=Backup: [\s\S]*no matching overload/),
    },
  ]);
});

function definition(kind: string, plural: string, keepsAnything = false): CustomResourceDefinition {
  const openAPIV3Schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { keep: { type: 'integer' } } } },
    ...(keepsAnything && { 'x-kubernetes-preserve-unknown-fields': true }),
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      ...{ group: 'example.com', scope: 'Namespaced', names: { kind, plural } },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  } as unknown as CustomResourceDefinition;
}

it('has nothing to check where kinds are not named, or not known', () => {
  const validations = [{ expression: 'object.no.such.field' }];
  for (const unnamed of [rule('*', 'v1', 'deployments'), rule('apps', 'v1', '*'), rule('example.com', 'v1', 'x')])
    expect(warningsOf({ validations }, unnamed)).toEqual([]);
});

import { type CelType, jsonPatchType, listOf, objectOf, types } from '@kubus/shared/cel';
import type { FieldError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { field } from '@kubus/shared/registry';
import { Composition, type Expression, type Variable } from '../expressions/composition.ts';
import { type MatchCondition, MatchConditions } from '../expressions/conditions.ts';
import { MutationTypes } from './mutation.ts';

interface Expressions {
  paramKind?: object;
  matchConditions?: readonly MatchCondition[];
  variables?: readonly Variable[];
  validations?: readonly { expression?: string; messageExpression?: string }[];
  auditAnnotations?: readonly { valueExpression?: string }[];
  mutations?: readonly { applyConfiguration?: { expression?: string }; jsonPatch?: { expression?: string } }[];
}

interface Policy extends KubeObject {
  spec?: Expressions;
}

interface Configuration extends KubeObject {
  webhooks?: readonly Expressions[];
}

/** An expression of an object with its place, and why it does not compile. */
interface Checked {
  path: string;
  source: string;
  error: string | undefined;
}

/**
 * Expressions of a policy that do not compile (pkg/apis/admissionregistration/validation validateCELCondition). One that the object had before is let be, so that what
 * was taken once can still be changed elsewhere.
 */
export function policyExpressionErrors(object: Policy, old: Policy | undefined): FieldError[] {
  return errorsOf([...policyExpressions(object.spec ?? {})], old && sourcesOf(old.spec ?? {}));
}

/** The same of the match conditions of webhooks. */
export function webhookExpressionErrors(object: Configuration, old: Configuration | undefined): FieldError[] {
  const webhooks = object.webhooks ?? [];
  const checked = webhooks.flatMap(({ matchConditions = [] }, i) =>
    conditionsOf(matchConditions, `webhooks[${i}].matchConditions`, false),
  );
  return errorsOf(checked, old && new Set((old.webhooks ?? []).flatMap((webhook) => [...sourcesOf(webhook)])));
}

function errorsOf(checked: readonly Checked[], known: ReadonlySet<string> | undefined): FieldError[] {
  return checked.flatMap(({ path, source, error }) =>
    error === undefined || source.trim() === '' || known?.has(source) ? [] : [field.invalid(path, source, error)],
  );
}

function* policyExpressions(spec: Expressions): Generator<Checked> {
  const hasParams = spec.paramKind !== undefined;
  yield* conditionsOf(spec.matchConditions ?? [], 'spec.matchConditions', hasParams);
  const mutates = spec.mutations !== undefined;
  const more = mutates ? { types: new MutationTypes() } : {};
  const composition = new Composition(spec.variables ?? [], hasParams, undefined, more);
  for (const [i, variable] of composition.variables.entries())
    yield checked(`spec.variables[${i}].expression`, variable);
  const compile = (path: string, source: string | undefined, ...result: CelType[]): Checked[] =>
    source === undefined || source === '' ? [] : [checked(path, composition.compile(source, result))];
  for (const [i, { expression, messageExpression }] of (spec.validations ?? []).entries()) {
    yield* compile(`spec.validations[${i}].expression`, expression, types.bool);
    yield* compile(`spec.validations[${i}].messageExpression`, messageExpression, types.string);
  }
  for (const [i, { valueExpression }] of (spec.auditAnnotations ?? []).entries()) {
    yield* compile(`spec.auditAnnotations[${i}].valueExpression`, valueExpression, types.string, types.null);
  }
  for (const [i, { applyConfiguration, jsonPatch }] of (spec.mutations ?? []).entries()) {
    const object = objectOf('Object', {});
    yield* compile(`spec.mutations[${i}].applyConfiguration.expression`, applyConfiguration?.expression, object);
    yield* compile(`spec.mutations[${i}].jsonPatch.expression`, jsonPatch?.expression, listOf(jsonPatchType));
  }
}

function conditionsOf(conditions: readonly MatchCondition[], path: string, hasParams: boolean): Checked[] {
  const compiled = new MatchConditions(conditions, hasParams).expressions;
  return compiled.map((expression, i) => checked(`${path}[${i}].expression`, expression));
}

function checked(path: string, { source, program }: Expression): Checked {
  return { path, source, error: 'error' in program ? program.error : undefined };
}

function sourcesOf(spec: Expressions): Set<string> {
  const { matchConditions = [], variables = [], validations = [], auditAnnotations = [], mutations = [] } = spec;
  const all = [
    ...[...matchConditions, ...variables].map(({ expression }) => expression),
    ...validations.flatMap(({ expression, messageExpression }) => [expression, messageExpression]),
    ...auditAnnotations.map(({ valueExpression }) => valueExpression),
    ...mutations.flatMap((one) => [one.applyConfiguration?.expression, one.jsonPatch?.expression]),
  ];
  return new Set(all.filter((source) => source !== undefined));
}

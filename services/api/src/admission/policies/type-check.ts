import { type CelType, schemaType, types } from '@kubus/shared/cel';
import type { Registry, ServedVersion } from '@kubus/shared/registry';
import { builtinSchema } from '@kubus/shared/schema';
import { Composition } from '../expressions/composition.ts';
import type { Rule } from '../matching/rules.ts';
import type { ValidatingPolicySpec } from './contract.ts';

/** Kinds against which a policy is checked at most (policy/validating typechecking maxTypesToCheck). */
const MAX_KINDS = 10;

/** admissionregistration.k8s.io/v1 ExpressionWarning. */
export interface ExpressionWarning {
  fieldRef: string;
  warning: string;
}

interface Kind {
  name: string;
  type: CelType;
}

/**
 * What is doubtful about the expressions of a policy, given the schemas of the kinds that its rules name. The policy is in force all the same: it may
 * be about kinds that are not here yet, or guard what it does with `has`. Rules with wildcards name no kinds.
 */
export function typeWarnings(spec: ValidatingPolicySpec, registry: Registry): ExpressionWarning[] {
  const kinds = kindsOf(spec.matchConstraints?.resourceRules ?? [], registry);
  const compiled = kinds.map(({ name, type }) => ({
    name,
    composition: new Composition(spec.variables ?? [], spec.paramKind !== undefined, type),
  }));
  const check = (fieldRef: string, source: string | undefined, result: CelType): ExpressionWarning[] => {
    if (source === undefined || source === '') return [];
    const warnings = compiled.flatMap(({ name, composition }) => {
      const { program } = composition.compile(source, [result]);
      return 'error' in program ? [`${name}: ${program.error}\n`] : [];
    });
    return warnings.length === 0 ? [] : [{ fieldRef, warning: warnings.join('') }];
  };
  return (spec.validations ?? []).flatMap(({ expression, messageExpression }, i) => [
    ...check(`spec.validations[${i}].expression`, expression, types.bool),
    ...check(`spec.validations[${i}].messageExpression`, messageExpression, types.string),
  ]);
}

function kindsOf(rules: readonly Rule[], registry: Registry): Kind[] {
  const kinds = new Map<string, Kind>();
  for (const { apiGroups = [], apiVersions = [], resources = [] } of rules) {
    if ([apiGroups, apiVersions, resources].some((names) => names.includes('*'))) continue;
    for (const group of apiGroups) {
      for (const version of apiVersions) {
        for (const resource of resources) {
          const served = registry.resource({ group, version, resource });
          const type = served === undefined ? undefined : typeOf(served.served);
          if (served === undefined || type === undefined) continue;
          const name = `${served.apiVersion}, Kind=${served.kind}`;
          kinds.set(name, { name, type });
        }
      }
    }
  }
  return [...kinds.values()].slice(0, MAX_KINDS);
}

function typeOf(served: ServedVersion): CelType | undefined {
  return served.celType === undefined ? schemaType(builtinSchema.struct(served.schema)) : served.celType();
}

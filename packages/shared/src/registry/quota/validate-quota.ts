import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import { names, parseQuantity } from '../../object/index.ts';
import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../../schema/index.ts';
import { field, immutable } from '../field.ts';
import { quantityErrors } from '../pod/validate-resources.ts';

const compute: readonly string[] = ['cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory'];
const ephemeral = ['ephemeral-storage', 'requests.ephemeral-storage', 'limits.ephemeral-storage'];
/** Counted in whole ones. */
const counted = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
];
const standard: ReadonlySet<string> = new Set([...compute, ...ephemeral, ...counted, 'requests.storage']);

/** pkg/apis/core/validation ValidateResourceQuotaSpec */
export function validateQuota({ spec }: ResourceQuota): FieldError[] {
  if (spec === undefined) return [];
  const errors = Object.entries(spec.hard ?? {}).flatMap(([name, quantity]) => {
    const where = field.key('spec.hard', name);
    return [...nameErrors(name, where), ...amountErrors(name, quantity, where)];
  });
  return [...errors, ...scopeErrors(spec), ...selectorErrors(spec)];
}

export function validateQuotaUpdate({ spec }: ResourceQuota, { spec: old }: ResourceQuota): FieldError[] {
  const sorted = (scopes: readonly string[] | undefined): string[] => [...(scopes ?? [])].sort();
  if (equal(sorted(spec?.scopes), sorted(old?.scopes))) return [];
  return [field.invalid('spec.scopes', spec?.scopes ?? null, immutable)];
}

export function validateQuotaStatus({ status }: ResourceQuota): FieldError[] {
  return (['hard', 'used'] as const).flatMap((list) =>
    Object.entries(status?.[list] ?? {}).flatMap(([name, quantity]) => {
      const where = field.key(`status.${list}`, name);
      return [...nameErrors(name, where), ...amountErrors(name, quantity, where)];
    }),
  );
}

const isStandard = (name: string): boolean => standard.has(name) || /^(requests\.)?hugepages-/.test(name);

function nameErrors(name: string, where: string): FieldError[] {
  const errors = field.invalids(where, name, names.qualifiedName(name));
  if (name.includes('/') || isStandard(name)) return errors;
  return [...errors, field.invalid(where, name, 'must be a standard resource for quota')];
}

function amountErrors(name: string, quantity: string | number, where: string): FieldError[] {
  const errors = quantityErrors(quantity, where);
  if (errors.length > 0 || !counted.includes(name)) return errors;
  if (parseQuantity(quantity).nano % 1_000_000_000n === 0n) return [];
  return [field.invalid(where, String(quantity), 'must be an integer')];
}

const podScopes = ['Terminating', 'NotTerminating', 'NotBestEffort', 'PriorityClass', 'CrossNamespacePodAffinity'];
const known: ReadonlySet<string> = new Set([...podScopes, 'BestEffort', 'VolumeAttributesClass']);
const opposites = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

function scopeErrors({ scopes = [], hard = {} }: ResourceQuotaSpec): FieldError[] {
  const where = 'spec.scopes';
  const errors: FieldError[] = [];
  for (const scope of new Set(scopes)) {
    if (!known.has(scope)) errors.push(field.invalid(where, scopes, 'unsupported scope'));
    const wrong = Object.keys(hard).filter((name) => isStandard(name) && !applies(scope, name));
    errors.push(...wrong.map(() => field.invalid(where, scopes, 'unsupported scope applied to resource')));
  }
  for (const pair of opposites) {
    if (pair.every((scope) => scopes.includes(scope))) errors.push(field.invalid(where, scopes, 'conflicting scopes'));
  }
  return errors;
}

function applies(scope: string, name: string): boolean {
  if (scope === 'BestEffort') return name === 'pods';
  if (scope === 'VolumeAttributesClass') return name === 'persistentvolumeclaims' || name === 'requests.storage';
  return podScopes.includes(scope) && (name === 'pods' || compute.includes(name) || ephemeral.includes(name));
}

/** Scopes without values. */
const plainScopes: ReadonlySet<string> = new Set([
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'CrossNamespacePodAffinity',
]);

function selectorErrors({ scopeSelector, hard = {} }: ResourceQuotaSpec): FieldError[] {
  const path = 'spec.scopeSelector.matchExpressions';
  return (scopeSelector?.matchExpressions ?? []).flatMap((requirement) => {
    const { scopeName, operator } = requirement;
    const errors: FieldError[] = [];
    if (!known.has(scopeName)) errors.push(field.invalid(`${path}.scopeName`, scopeName, 'unsupported scope'));
    const wrong = Object.keys(hard).filter((name) => isStandard(name) && !applies(scopeName, name));
    errors.push(...wrong.map(() => field.invalid(path, scopeName, 'unsupported scope applied to resource')));
    if (plainScopes.has(scopeName) && operator !== 'Exists') {
      const why =
        "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";
      errors.push(field.invalid(`${path}.operator`, operator, why));
    }
    return [...errors, ...valueErrors(requirement, path)];
  });
}

function valueErrors({ operator, values = [] }: ScopedResourceSelectorRequirement, path: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
        ? []
        : [
            field.required(
              `${path}.values`,
              "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
            ),
          ];
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [
            field.invalid(
              `${path}.values`,
              values,
              "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
            ),
          ];
    default:
      return [field.invalid(`${path}.operator`, operator, 'not a valid selector operator')];
  }
}

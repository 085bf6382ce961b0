import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { Affinity, NodeSelectorTerm, PodSpec, Toleration } from '../../schema/index.ts';
import { field } from '../field.ts';
import { validateLabels } from '../metadata.ts';

/** Rules of what tells the scheduler where a pod may go. */
export function validateScheduling(spec: PodSpec, path: string): FieldError[] {
  return [
    ...validateLabels(spec.nodeSelector ?? {}, `${path}.nodeSelector`),
    ...validateTolerations(spec.tolerations ?? [], `${path}.tolerations`),
    ...validateAffinity(spec.affinity ?? {}, `${path}.affinity`),
    ...validateSpread(spec, `${path}.topologySpreadConstraints`),
    ...validateGates(spec, `${path}.schedulingGates`),
  ];
}

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const operators = ['Equal', 'Exists'];

export function validateTolerations(tolerations: readonly Toleration[], path: string): FieldError[] {
  return tolerations.flatMap((toleration, i) => validateToleration(toleration, field.index(path, i)));
}

function validateToleration(toleration: Toleration, where: string): FieldError[] {
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
  const errors: FieldError[] = [];
  if (key !== '') errors.push(...field.invalids(`${where}.key`, key, names.qualifiedName(key)));
  if (key === '' && operator !== 'Exists') {
    const why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(field.invalid(`${where}.operator`, operator, why));
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.push(field.invalid(`${where}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
  if (operator === '' || operator === 'Equal') {
    errors.push(...field.invalids(`${where}.operator`, value, names.labelValueErrors(value)));
  } else if (operator === 'Exists') {
    if (value !== '') {
      errors.push(field.invalid(`${where}.operator`, toleration, "value must be empty when `operator` is 'Exists'"));
    }
  } else errors.push(field.notSupported(`${where}.operator`, operator, operators));
  if (effect !== '' && !effects.includes(effect)) errors.push(field.notSupported(`${where}.effect`, effect, effects));
  return errors;
}

function validateAffinity({ nodeAffinity }: Affinity, path: string): FieldError[] {
  const required = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const preferred = nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const at = `${path}.nodeAffinity`;
  const errors: FieldError[] = [];
  if (required !== undefined) {
    const terms = `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
    if ((required.nodeSelectorTerms ?? []).length === 0) {
      errors.push(field.required(terms, 'must have at least one node selector term'));
    }
    for (const [i, term] of (required.nodeSelectorTerms ?? []).entries()) {
      errors.push(...validateTerm(term, field.index(terms, i)));
    }
  }
  for (const [i, { weight, preference }] of preferred.entries()) {
    const where = `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
    if (weight <= 0 || weight > 100)
      errors.push(field.invalid(`${where}.weight`, weight, 'must be in the range 1-100'));
    errors.push(...validateTerm(preference, `${where}.preference`));
  }
  return errors;
}

function validateTerm(term: NodeSelectorTerm, where: string): FieldError[] {
  return (term.matchExpressions ?? []).flatMap(({ key, operator, values = [] }, i) => {
    const at = `${where}.matchExpressions[${i}]`;
    return [...field.invalids(`${at}.key`, key, names.qualifiedName(key)), ...operatorErrors(operator, values, at)];
  });
}

function operatorErrors(operator: string, values: readonly string[], at: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
        ? []
        : [field.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [field.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    case 'Gt':
    case 'Lt':
      return values.length === 1
        ? []
        : [field.required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
    default:
      return [field.invalid(`${at}.operator`, operator, 'not a valid selector operator')];
  }
}

function validateSpread({ topologySpreadConstraints = [] }: PodSpec, path: string): FieldError[] {
  return topologySpreadConstraints.flatMap(({ maxSkew, topologyKey, whenUnsatisfiable }, i) => {
    const where = field.index(path, i);
    const errors: FieldError[] = [];
    if (!(maxSkew > 0)) errors.push(field.invalid(`${where}.maxSkew`, maxSkew, 'must be greater than zero'));
    if (!topologyKey) errors.push(field.required(`${where}.topologyKey`, 'can not be empty'));
    const actions = ['DoNotSchedule', 'ScheduleAnyway'];
    if (!actions.includes(whenUnsatisfiable)) {
      errors.push(field.notSupported(`${where}.whenUnsatisfiable`, whenUnsatisfiable, actions));
    }
    return errors;
  });
}

function validateGates({ schedulingGates = [] }: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>();
  return schedulingGates.flatMap(({ name }, i) => {
    const where = field.index(path, i);
    const errors = field.invalids(where, name, names.qualifiedName(name));
    if (seen.has(name)) errors.push(field.duplicate(where, name));
    seen.add(name);
    return errors;
  });
}

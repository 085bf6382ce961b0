import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type {
  Affinity,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  PodSpec,
  Toleration,
  TopologySpreadConstraint,
} from '../../schema/index.ts';
import { field } from '../field.ts';
import { validateLabels } from '../metadata.ts';
import { validateLabelSelector } from '../selector.ts';

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

function validateAffinity({ nodeAffinity, podAffinity, podAntiAffinity }: Affinity, path: string): FieldError[] {
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
    errors.push(...weightErrors(weight, where), ...validateTerm(preference ?? {}, `${where}.preference`));
  }
  return [
    ...errors,
    ...validatePodAffinity(podAffinity ?? {}, `${path}.podAffinity`),
    ...validatePodAffinity(podAntiAffinity ?? {}, `${path}.podAntiAffinity`),
  ];
}

function weightErrors(weight: number, where: string): FieldError[] {
  return weight > 0 && weight <= 100
    ? []
    : [field.invalid(`${where}.weight`, weight ?? 0, 'must be in the range 1-100')];
}

function validatePodAffinity(affinity: PodAffinity, path: string): FieldError[] {
  const required = affinity.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const preferred = affinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...required.flatMap((term, i) =>
      validatePodTerm(term, `${path}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`),
    ),
    ...preferred.flatMap(({ weight, podAffinityTerm }, i) => {
      const where = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
      return [...weightErrors(weight, where), ...validatePodTerm(podAffinityTerm, `${where}.podAffinityTerm`)];
    }),
  ];
}

function validatePodTerm(term: PodAffinityTerm | undefined, where: string): FieldError[] {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey = '' } = term ?? {};
  const errors = [
    ...validateLabelSelector(labelSelector, `${where}.labelSelector`),
    ...validateLabelSelector(namespaceSelector, `${where}.namespaceSelector`),
    // Kubernetes names the field in the singular.
    ...namespaces.flatMap((name) => field.invalids(`${where}.namespace`, name, names.dnsLabel(name))),
  ];
  if (topologyKey === '') return [...errors, field.required(`${where}.topologyKey`, 'can not be empty')];
  errors.push(...field.invalids(`${where}.topologyKey`, topologyKey, names.qualifiedName(topologyKey)));
  const { matchLabelKeys = [], mismatchLabelKeys = [] } = term ?? {};
  for (const [i, key] of matchLabelKeys.entries()) {
    const at = `${where}.matchLabelKeys[${i}]`;
    errors.push(...field.invalids(at, key, names.qualifiedName(key)));
    if (mismatchLabelKeys.includes(key))
      errors.push(field.invalid(at, key, 'exists in both matchLabelKeys and mismatchLabelKeys'));
  }
  if ((matchLabelKeys.length > 0 || mismatchLabelKeys.length > 0) && labelSelector === undefined) {
    const list = matchLabelKeys.length > 0 ? 'matchLabelKeys' : 'mismatchLabelKeys';
    errors.push(field.forbidden(`${where}.${list}`, 'must not be specified when labelSelector is not set'));
  }
  return errors;
}

function validateTerm(term: NodeSelectorTerm, where: string): FieldError[] {
  const byLabel = (term.matchExpressions ?? []).flatMap(({ key, operator, values = [] }, i) => {
    const at = `${where}.matchExpressions[${i}]`;
    return [...field.invalids(`${at}.key`, key, names.qualifiedName(key)), ...operatorErrors(operator, values, at)];
  });
  const byField = (term.matchFields ?? []).flatMap(({ key, operator, values = [] }, i) => {
    const at = `${where}.matchFields[${i}]`;
    const errors: FieldError[] = [];
    if (operator !== 'In' && operator !== 'NotIn') {
      errors.push(field.invalid(`${at}.operator`, operator, 'not a valid selector operator'));
    } else if (values.length !== 1) {
      errors.push(
        field.required(
          `${at}.values`,
          "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
        ),
      );
    }
    if (key !== 'metadata.name') errors.push(field.invalid(`${at}.key`, key, 'not a valid field selector key'));
    return errors;
  });
  return [...byLabel, ...byField];
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

const actions = ['DoNotSchedule', 'ScheduleAnyway'];
const inclusions = ['Honor', 'Ignore'];

function validateSpread({ topologySpreadConstraints = [] }: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>();
  return topologySpreadConstraints.flatMap((constraint, i) => {
    const { maxSkew, topologyKey, whenUnsatisfiable } = constraint;
    const where = field.index(path, i);
    const errors: FieldError[] = [];
    if (!(maxSkew > 0)) errors.push(field.invalid(`${where}.maxSkew`, maxSkew ?? 0, 'must be greater than zero'));
    if (!topologyKey) errors.push(field.required(`${where}.topologyKey`, 'can not be empty'));
    else errors.push(...field.invalids(`${where}.topologyKey`, topologyKey, names.qualifiedName(topologyKey)));
    if (!actions.includes(whenUnsatisfiable)) {
      errors.push(field.notSupported(`${where}.whenUnsatisfiable`, whenUnsatisfiable ?? '', actions));
    }
    const pair = `{${topologyKey}, ${whenUnsatisfiable}}`;
    if (seen.has(pair)) errors.push(field.duplicate(`${where}.{topologyKey, whenUnsatisfiable}`, pair));
    seen.add(pair);
    return [...errors, ...spreadDetails(constraint, where)];
  });
}

function spreadDetails(constraint: TopologySpreadConstraint, where: string): FieldError[] {
  const { minDomains, whenUnsatisfiable, labelSelector, matchLabelKeys = [] } = constraint;
  const errors: FieldError[] = [];
  if (minDomains !== undefined) {
    const at = `${where}.minDomains`;
    if (minDomains <= 0) errors.push(field.invalid(at, minDomains, 'must be greater than zero'));
    else if (whenUnsatisfiable !== 'DoNotSchedule') {
      const why = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
      errors.push(field.invalid(at, minDomains, why));
    }
  }
  for (const name of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
    const value = constraint[name];
    if (value !== undefined && !inclusions.includes(value)) {
      errors.push(field.notSupported(`${where}.${name}`, value, inclusions));
    }
  }
  if (matchLabelKeys.length > 0 && labelSelector === undefined) {
    errors.push(field.forbidden(`${where}.matchLabelKeys`, 'must not be specified when labelSelector is not set'));
  }
  for (const [i, key] of matchLabelKeys.entries()) {
    errors.push(...field.invalids(`${where}.matchLabelKeys[${i}]`, key, names.qualifiedName(key)));
  }
  return [...errors, ...validateLabelSelector(labelSelector, `${where}.labelSelector`)];
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

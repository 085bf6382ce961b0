import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type {
  FlowcontrolSubject,
  FlowSchema,
  LimitedPriorityLevelConfiguration,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  QueuingConfiguration,
} from '../../schema/index.ts';
import { field } from '../field.ts';

const MAX_PRECEDENCE = 10_000;
const MAX_QUEUES = 10_000_000;
const methods = ['ByNamespace', 'ByUser'];
const subjectParts = { User: 'user', Group: 'group', ServiceAccount: 'serviceAccount' } as const;

/** pkg/apis/flowcontrol/validation ValidateFlowSchemaSpec. */
export function validateFlowSchema({ metadata, spec }: FlowSchema): FieldError[] {
  const {
    matchingPrecedence: precedence = 0,
    distinguisherMethod,
    priorityLevelConfiguration,
    rules = [],
  } = spec ?? {};
  const where = 'spec.matchingPrecedence';
  const errors: FieldError[] = [];
  if (precedence <= 0) errors.push(field.invalid(where, precedence, 'must be a positive value'));
  if (precedence > MAX_PRECEDENCE) {
    errors.push(field.invalid(where, precedence, `must not be greater than ${MAX_PRECEDENCE}`));
  }
  if (precedence === 1 && metadata.name !== 'exempt') {
    errors.push(field.invalid(where, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"));
  }
  if (distinguisherMethod !== undefined && !methods.includes(distinguisherMethod.type)) {
    errors.push(field.notSupported('spec.distinguisherMethod', distinguisherMethod.type, methods));
  }
  const level = priorityLevelConfiguration?.name ?? '';
  const at = 'spec.priorityLevelConfiguration.name';
  if (level === '') errors.push(field.required(at, 'must reference a priority level'));
  else errors.push(...field.invalids(at, level, names.dnsSubdomain(level)));
  return [...errors, ...rules.flatMap((rule, i) => ruleErrors(rule, `spec.rules[${i}]`))];
}

function ruleErrors(rule: PolicyRulesWithSubjects, where: string): FieldError[] {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  const errors: FieldError[] = [];
  if (subjects.length === 0) {
    errors.push(field.required(`${where}.subjects`, 'subjects must contain at least one value'));
  }
  errors.push(...subjects.flatMap((subject, i) => subjectErrors(subject, `${where}.subjects[${i}]`)));
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    errors.push(field.required(where, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  }
  for (const [
    i,
    { verbs = [], apiGroups = [], resources = [], namespaces = [], clusterScope },
  ] of resourceRules.entries()) {
    const at = `${where}.resourceRules[${i}]`;
    for (const [name, list] of Object.entries({ verbs, apiGroups, resources }))
      errors.push(...listErrors(list, at, name));
    if (namespaces.length === 0 && clusterScope !== true) {
      const why = 'resource rules that are not cluster scoped must supply at least one namespace';
      errors.push(field.required(`${at}.namespaces`, why));
    }
  }
  for (const [i, { verbs = [], nonResourceURLs = [] }] of nonResourceRules.entries()) {
    const at = `${where}.nonResourceRules[${i}]`;
    for (const [name, list] of Object.entries({ verbs, nonResourceURLs })) errors.push(...listErrors(list, at, name));
  }
  return errors;
}

function listErrors(list: readonly string[], where: string, name: string): FieldError[] {
  const at = `${where}.${name}`;
  if (list.length === 0) return [field.required(at, `${name} must contain at least one value`)];
  if (list.length === 1 || !list.includes('*')) return [];
  return [field.invalid(at, list, `if '*' is present, must not specify other ${name}`)];
}

function subjectErrors(subject: FlowcontrolSubject, where: string): FieldError[] {
  const kinds = Object.keys(subjectParts) as (keyof typeof subjectParts)[];
  const own = kinds.find((kind) => kind === subject.kind);
  if (own === undefined) return [field.notSupported(`${where}.kind`, subject.kind ?? '', kinds)];
  return kinds.flatMap((kind) => {
    const part = subjectParts[kind];
    if (kind === own) {
      if (subject[part] === undefined) {
        return [field.required(`${where}.${part}`, `${part} is required when subject kind is '${kind}'`)];
      }
      return subject[part].name ? [] : [field.required(`${where}.${part}.name`)];
    }
    if (subject[part] === undefined) return [];
    return [field.forbidden(`${where}.${part}`, `${part} is forbidden when subject kind is not '${kind}'`)];
  });
}

/** pkg/apis/flowcontrol/validation ValidatePriorityLevelConfigurationSpec. */
export function validatePriorityLevel({ metadata, spec }: PriorityLevelConfiguration): FieldError[] {
  const { type = '', limited, exempt } = spec ?? {};
  const errors: FieldError[] = [];
  if ((metadata.name === 'exempt') !== (type === 'Exempt') && (type === 'Exempt' || metadata.name === 'exempt')) {
    const why =
      type === 'Exempt'
        ? "type must be 'Limited' if metadata.name is not 'exempt'"
        : "type must be 'Exempt' if metadata.name is 'exempt'";
    errors.push(field.invalid('spec.type', type, why));
  }
  if (type === 'Exempt') {
    if (limited !== undefined) errors.push(field.forbidden('spec.limited', 'must be nil if the type is Exempt'));
    errors.push(...shareErrors(exempt ?? {}, 'spec.exempt'));
  } else if (type === 'Limited') {
    if (exempt !== undefined) errors.push(field.forbidden('spec.exempt', 'must be nil if the type is Limited'));
    if (limited === undefined) errors.push(field.required('spec.limited', 'must not be empty when type is Limited'));
    else errors.push(...limitedErrors(limited));
  } else errors.push(field.notSupported('spec.type', type, ['Exempt', 'Limited']));
  return errors;
}

interface Shares {
  nominalConcurrencyShares?: number;
  lendablePercent?: number;
}

function shareErrors({ nominalConcurrencyShares: shares = 0, lendablePercent: lent = 0 }: Shares, where: string) {
  const errors: FieldError[] = [];
  if (shares < 0) {
    errors.push(field.invalid(`${where}.nominalConcurrencyShares`, shares, 'must be a non-negative integer'));
  }
  if (lent < 0 || lent > 100) {
    errors.push(field.invalid(`${where}.lendablePercent`, lent, 'must be between 0 and 100, inclusive'));
  }
  return errors;
}

function limitedErrors(limited: LimitedPriorityLevelConfiguration): FieldError[] {
  const where = 'spec.limited';
  const { borrowingLimitPercent: borrowed, limitResponse } = limited;
  const { type = '', queuing } = limitResponse ?? {};
  const errors = shareErrors(limited, where);
  if (borrowed !== undefined && borrowed < 0) {
    const why = 'if specified, must be a non-negative integer';
    errors.push(field.invalid(`${where}.borrowingLimitPercent`, borrowed, why));
  }
  const at = `${where}.limitResponse`;
  if (type === 'Reject') {
    const why = 'must be nil if limited.limitResponse.type is not Limited';
    if (queuing !== undefined) errors.push(field.forbidden(`${at}.queuing`, why));
  } else if (type === 'Queue') {
    const why = 'must not be empty if limited.limitResponse.type is Limited';
    errors.push(
      ...(queuing === undefined ? [field.required(`${at}.queuing`, why)] : queueErrors(queuing, `${at}.queuing`)),
    );
  } else errors.push(field.notSupported(`${at}.type`, type, ['Queue', 'Reject']));
  return errors;
}

function queueErrors({ queues = 0, handSize = 0, queueLengthLimit = 0 }: QueuingConfiguration, where: string) {
  const errors = Object.entries({ queueLengthLimit, queues, handSize }).flatMap(([name, value]) =>
    value > 0 ? [] : [field.invalid(`${where}.${name}`, value, 'must be positive')],
  );
  if (queues > MAX_QUEUES) {
    errors.push(field.invalid(`${where}.queues`, queues, `must not be greater than ${MAX_QUEUES}`));
  }
  if (handSize > queues) {
    errors.push(field.invalid(`${where}.handSize`, handSize, `should not be greater than queues (${queues})`));
  }
  return errors;
}

import type { FieldError } from '../../errors/index.ts';
import { names, parseApiVersion } from '../../object/index.ts';
import type {
  AuditAnnotation,
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Mutation,
  ParamKind,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Validation,
  Variable,
} from '../../schema/index.ts';
import { field } from '../field.ts';
import { validateLabelSelector } from '../workload.ts';
import { ruleErrors } from './validate-rules.ts';
import { conditionErrors, oneOf } from './validate-webhook.ts';

const failurePolicies = ['Fail', 'Ignore'];
const matchPolicies = ['Equivalent', 'Exact'];
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];
const reinvocationPolicies = ['IfNeeded', 'Never'];
const patchTypes = ['ApplyConfiguration', 'JSONPatch'];
const notFoundActions = ['Allow', 'Deny'];
const actions = ['Audit', 'Deny', 'Warn'];

type PolicySpec = NonNullable<ValidatingAdmissionPolicy['spec']> | NonNullable<MutatingAdmissionPolicy['spec']>;

/** What both kinds of policy say; expressions are checked for presence alone. */
function commonErrors(spec: PolicySpec): FieldError[] {
  const { failurePolicy, paramKind, matchConstraints, matchConditions = [], variables = [] } = spec;
  const errors = failurePolicy === undefined ? [field.required('spec.failurePolicy')] : [];
  errors.push(...oneOf(failurePolicy, 'spec.failurePolicy', failurePolicies));
  if (paramKind !== undefined) errors.push(...paramKindErrors(paramKind));
  errors.push(...conditionErrors(matchConditions, 'spec.matchConditions'));
  const where = 'spec.matchConstraints';
  if (matchConstraints === undefined) errors.push(field.required(where));
  else {
    errors.push(...matchErrors(matchConstraints, where));
    if ((matchConstraints.resourceRules ?? []).length === 0) errors.push(field.required(`${where}.resourceRules`));
  }
  return [...errors, ...variableErrors(variables)];
}

function paramKindErrors({ apiVersion = '', kind = '' }: ParamKind): FieldError[] {
  const where = 'spec.paramKind';
  const errors: FieldError[] = [];
  if (apiVersion === '') errors.push(field.required(`${where}.apiVersion`));
  else {
    const { group, version } = parseApiVersion(apiVersion);
    if (version === '') errors.push(field.invalid(`${where}.apiVersion`, apiVersion, 'not a valid group version'));
    if (group !== '') errors.push(...field.invalids(`${where}.apiVersion`, group, names.dnsSubdomain(group)));
  }
  if (kind === '') return [...errors, field.required(`${where}.kind`)];
  const why = names.dns1035Label(kind.toLowerCase()).join(',');
  if (why === '') return errors;
  return [...errors, field.invalid(`${where}.kind`, kind, `may have mixed case, but should otherwise match: ${why}`)];
}

function matchErrors(match: MatchResources, where: string): FieldError[] {
  const errors = match.matchPolicy === undefined ? [field.required(`${where}.matchPolicy`)] : [];
  errors.push(...oneOf(match.matchPolicy, `${where}.matchPolicy`, matchPolicies));
  errors.push(...validateLabelSelector(match.namespaceSelector, `${where}.namespaceSelector`));
  errors.push(...validateLabelSelector(match.objectSelector, `${where}.objectSelector`));
  for (const name of ['resourceRules', 'excludeResourceRules'] as const) {
    for (const [i, rule] of (match[name] ?? []).entries()) errors.push(...ruleErrors(rule, `${where}.${name}[${i}]`));
  }
  return errors;
}

const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;

function variableErrors(variables: readonly Variable[]): FieldError[] {
  const seen = new Set<string>();
  return variables.flatMap(({ name = '', expression = '' }, i) => {
    const where = `spec.variables[${i}]`;
    const errors: FieldError[] = [];
    if (name === '') errors.push(field.required(`${where}.name`, 'name is not specified'));
    else if (!identifier.test(name))
      errors.push(field.invalid(`${where}.name`, name, 'name is not a valid CEL identifier'));
    if (name !== '' && seen.has(name)) errors.push(field.duplicate(`${where}.name`, name));
    seen.add(name);
    if (expression.trim() === '') errors.push(field.required(`${where}.expression`, 'expression is not specified'));
    return errors;
  });
}

/** pkg/apis/admissionregistration/validation validateValidatingAdmissionPolicySpec, without compiling expressions. */
export function validateValidatingPolicy({ spec = {} }: ValidatingAdmissionPolicy): FieldError[] {
  const { validations = [], auditAnnotations = [] } = spec;
  const errors = commonErrors(spec);
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const why = 'validations or auditAnnotations must be set';
    errors.push(field.required('spec.validations', why), field.required('spec.auditAnnotations', why));
  }
  errors.push(...validations.flatMap((validation, i) => validationErrors(validation, `spec.validations[${i}]`)));
  return [...errors, ...annotationErrors(auditAnnotations)];
}

function validationErrors({ expression = '', message = '', reason }: Validation, where: string): FieldError[] {
  const errors: FieldError[] = [];
  const text = expression.trim();
  if (text === '') errors.push(field.required(`${where}.expression`, 'expression is not specified'));
  if (message.includes('\n')) {
    errors.push(field.invalid(`${where}.message`, message, 'message must not contain line breaks'));
  }
  if (text.includes('\n') && message.trim() === '') {
    errors.push(field.required(`${where}.message`, 'message must be specified if expression contains line breaks'));
  }
  return [...errors, ...oneOf(reason, `${where}.reason`, reasons)];
}

function annotationErrors(annotations: readonly AuditAnnotation[]): FieldError[] {
  const seen = new Set<string>();
  return annotations.flatMap(({ key = '', valueExpression = '' }, i) => {
    const where = `spec.auditAnnotations[${i}]`;
    const errors =
      key === '' ? [field.required(`${where}.key`)] : field.invalids(`${where}.key`, key, names.qualifiedName(key));
    if (seen.has(key)) errors.push(field.duplicate(`${where}.key`, key));
    seen.add(key);
    if (valueExpression.trim() === '') {
      errors.push(field.required(`${where}.valueExpression`, 'valueExpression is not specified'));
    }
    return errors;
  });
}

export function validateMutatingPolicy({ spec = {} }: MutatingAdmissionPolicy): FieldError[] {
  const { mutations = [], reinvocationPolicy = '' } = spec;
  const errors = commonErrors(spec);
  if (mutations.length === 0) errors.push(field.required('spec.mutations', 'mutations must contain at least one item'));
  errors.push(...mutations.flatMap((mutation, i) => mutationErrors(mutation, `spec.mutations[${i}]`)));
  if (reinvocationPolicy === '') return [...errors, field.required('spec.reinvocationPolicy')];
  return [...errors, ...oneOf(reinvocationPolicy, 'spec.reinvocationPolicy', reinvocationPolicies)];
}

function mutationErrors({ patchType, applyConfiguration, jsonPatch }: Mutation, where: string): FieldError[] {
  if (!patchType) return [field.required(`${where}.patchType`)];
  if (!patchTypes.includes(patchType)) return [field.notSupported(`${where}.patchType`, patchType, patchTypes)];
  const applies = patchType === 'ApplyConfiguration';
  const [own, ownName] = applies ? [applyConfiguration, 'applyConfiguration'] : [jsonPatch, 'jsonPatch'];
  const [other, otherName] = applies ? [jsonPatch, 'jsonPatch'] : [applyConfiguration, 'applyConfiguration'];
  const errors: FieldError[] = [];
  const only = `must be specified when patchType is ${patchType}`;
  if (own === undefined) errors.push(field.required(`${where}.${ownName}`, only));
  else if ((own.expression ?? '').trim() === '') {
    errors.push(field.required(`${where}.${ownName}.expression`, 'expression is not specified'));
  }
  if (other !== undefined) {
    errors.push(field.invalid(`${where}.${otherName}`, '{}', `must not be specified when patchType is ${patchType}`));
  }
  return errors;
}

export function validateValidatingBinding({ spec }: ValidatingAdmissionPolicyBinding): FieldError[] {
  const list = spec?.validationActions ?? [];
  const errors = bindingErrors(spec);
  if (list.length === 0)
    errors.push(field.required('spec.validationActions', 'at least one validation action is required'));
  const seen = new Set<string>();
  for (const [i, action] of list.entries()) {
    if (!actions.includes(action)) errors.push(field.notSupported(`spec.validationActions[${i}]`, action, actions));
    if (seen.has(action)) errors.push(field.duplicate(`spec.validationActions[${i}]`, action));
    seen.add(action);
  }
  if (!seen.has('Deny') || !seen.has('Warn')) return errors;
  const why =
    'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
  return [...errors, field.invalid('spec.validationActions', list, why)];
}

export function validateMutatingBinding({ spec }: MutatingAdmissionPolicyBinding): FieldError[] {
  return bindingErrors(spec);
}

interface BindingSpec {
  policyName?: string;
  paramRef?: ParamRef;
  matchResources?: MatchResources;
}

function bindingErrors({ policyName = '', paramRef, matchResources }: BindingSpec = {}): FieldError[] {
  return [
    ...(policyName === ''
      ? [field.required('spec.policyName')]
      : field.invalids('spec.policyName', policyName, names.dnsSubdomain(policyName))),
    ...(paramRef === undefined ? [] : paramRefErrors(paramRef, 'spec.paramRef')),
    ...(matchResources === undefined ? [] : matchErrors(matchResources, 'spec.matchResources')),
  ];
}

function paramRefErrors({ name = '', selector, parameterNotFoundAction }: ParamRef, where: string): FieldError[] {
  const errors: FieldError[] = [];
  if (name !== '') {
    errors.push(...field.invalids(`${where}.name`, name, names.pathSegmentName(name)));
    if (selector !== undefined) {
      errors.push(field.forbidden(`${where}.name`, 'name and selector are mutually exclusive'));
    }
  } else if (selector === undefined) {
    errors.push(field.required(where, 'one of name or selector must be specified'));
  }
  errors.push(...validateLabelSelector(selector, `${where}.selector`));
  const at = `${where}.parameterNotFoundAction`;
  if (parameterNotFoundAction === undefined) return [...errors, field.required(at)];
  return [...errors, ...oneOf(parameterNotFoundAction, at, notFoundActions)];
}

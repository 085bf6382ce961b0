import type { FieldError } from '../../errors/index.ts';
import type { NamedRuleWithOperations, RuleWithOperations } from '../../schema/index.ts';
import { field } from '../field.ts';

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const scopes = ['*', 'Cluster', 'Namespaced'];

/** pkg/apis/admissionregistration/validation validateRuleWithOperations. */
export function ruleErrors(rule: RuleWithOperations | NamedRuleWithOperations, where: string): FieldError[] {
  const { scope } = rule;
  return [
    ...listErrors(rule.operations, `${where}.operations`, 'operations'),
    ...(rule.operations ?? []).flatMap((operation, i) =>
      operations.includes(operation) ? [] : [field.notSupported(`${where}.operations[${i}]`, operation, operations)],
    ),
    ...listErrors(rule.apiGroups, `${where}.apiGroups`, 'API groups'),
    ...listErrors(rule.apiVersions, `${where}.apiVersions`, 'API versions'),
    ...(rule.apiVersions ?? []).flatMap((version, i) =>
      version === '' ? [field.required(`${where}.apiVersions[${i}]`)] : [],
    ),
    ...resourceErrors(rule.resources ?? [], `${where}.resources`),
    ...(scope === undefined || scopes.includes(scope) ? [] : [field.notSupported(`${where}.scope`, scope, scopes)]),
  ];
}

function listErrors(list: readonly string[] = [], where: string, what: string): FieldError[] {
  if (list.length === 0) return [field.required(where)];
  if (list.length === 1 || !list.includes('*')) return [];
  return [field.invalid(where, list, `if '*' is present, must not specify other ${what}`)];
}

function resourceErrors(resources: readonly string[], where: string): FieldError[] {
  if (resources.length === 0) return [field.required(where)];
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  const errors: FieldError[] = [];
  for (const [i, text] of resources.entries()) {
    const slash = text.indexOf('/');
    if (text === '') errors.push(field.required(`${where}[${i}]`));
    if (slash < 0) continue;
    const [resource, sub] = [text.slice(0, slash), text.slice(slash + 1)];
    const clash = wholeResources.has(resource) ? `${resource}/*` : wholeSubresources.has(sub) ? `*/${sub}` : undefined;
    if (clash !== undefined) {
      errors.push(field.invalid(`${where}[${i}]`, text, `if '${clash}' is present, must not specify ${text}`));
    }
    if (sub === '*') wholeResources.add(resource);
    if (resource === '*') wholeSubresources.add(sub);
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.push(field.invalid(where, resources, "if '*/*' is present, must not specify other resources"));
  }
  if (resources.includes('*') && resources.some((text) => text !== '*' && !text.includes('/'))) {
    const why = "if '*' is present, must not specify other resources without subresources";
    errors.push(field.invalid(where, resources, why));
  }
  return errors;
}

import type { Attributes, PathAttributes, PolicyRule, ResourceAttributes } from './contract.ts';

/** Whether a rule allows what is asked, its resourceNames included (pkg/apis/rbac/v1 evaluation helpers). */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  return attributes.path === undefined
    ? ruleConcerns(rule, attributes) && namesAllow(rule, attributes.name)
    : pathAllowed(rule, attributes);
}

/** As `ruleAllows`, whatever the name of the object. */
export function ruleConcerns(rule: PolicyRule, attributes: ResourceAttributes): boolean {
  return (
    includes(rule.verbs, attributes.verb) &&
    includes(rule.apiGroups, attributes.group) &&
    resourceMatches(rule.resources, attributes.resource, attributes.subresource)
  );
}

export function namesAllow(rule: PolicyRule, name: string): boolean {
  const names = rule.resourceNames;
  return names === undefined || names.length === 0 || names.includes(name);
}

function pathAllowed(rule: PolicyRule, attributes: PathAttributes): boolean {
  return (
    includes(rule.verbs, attributes.verb) && (rule.nonResourceURLs ?? []).some((url) => urlCovers(url, attributes.path))
  );
}

/** '*' alone is every path; at the end of a rule it is any continuation. */
export function urlCovers(rule: string, path: string): boolean {
  if (rule === '*' || rule === path) return true;
  return rule.endsWith('*') && path.startsWith(rule.slice(0, -1));
}

function includes(values: readonly string[] | undefined, wanted: string): boolean {
  return values?.some((value) => value === '*' || value === wanted) ?? false;
}

// '*' is everything, 'pods/log' one subresource, '*/scale' that subresource of everything.
function resourceMatches(resources: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (resources === undefined) return false;
  const combined = subresource === '' ? resource : `${resource}/${subresource}`;
  return resources.some(
    (value) => value === '*' || value === combined || (subresource !== '' && value === `*/${subresource}`),
  );
}

import type { PolicyRule } from './contract.ts';
import { urlCovers } from './rules.ts';

/**
 * The parts of `wanted` that `held` does not cover, as rules of one verb, group, resource and name each: nobody may grant what he does not hold
 * (component-helpers/auth/rbac/validation PolicyRuleCovers).
 */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((rule) => !held.some((owner) => covers(owner, rule)));
}

function breakDown(rule: PolicyRule): PolicyRule[] {
  const ofResources = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      rule.verbs.flatMap((verb) => {
        const single: PolicyRule = { apiGroups: [group], resources: [resource], verbs: [verb] };
        const names = rule.resourceNames ?? [];
        return names.length === 0 ? [single] : names.map((name) => ({ ...single, resourceNames: [name] }));
      }),
    ),
  );
  const ofPaths = (rule.nonResourceURLs ?? []).flatMap((url) =>
    rule.verbs.map((verb): PolicyRule => ({ nonResourceURLs: [url], verbs: [verb] })),
  );
  return [...ofResources, ...ofPaths];
}

/** `rule` is one of those that `breakDown` makes. */
function covers(owner: PolicyRule, rule: PolicyRule): boolean {
  if (!holds(owner.verbs, rule.verbs[0])) return false;
  const url = rule.nonResourceURLs?.[0];
  if (url !== undefined) return (owner.nonResourceURLs ?? []).some((held) => urlCovers(held, url));
  return (
    holds(owner.apiGroups, rule.apiGroups?.[0]) &&
    holdsResource(owner.resources, rule.resources?.[0] ?? '') &&
    holdsName(owner.resourceNames, rule.resourceNames?.[0])
  );
}

function holds(held: readonly string[] | undefined, wanted: string | undefined): boolean {
  return held?.some((value) => value === '*' || value === wanted) ?? false;
}

function holdsResource(held: readonly string[] | undefined, wanted: string): boolean {
  const slash = wanted.indexOf('/');
  const anySubresource = slash < 0 ? undefined : `*${wanted.slice(slash)}`;
  return held?.some((value) => value === '*' || value === wanted || value === anySubresource) ?? false;
}

function holdsName(held: readonly string[] | undefined, wanted: string | undefined): boolean {
  if (held === undefined || held.length === 0) return true;
  return wanted !== undefined && held.includes(wanted);
}

/** Joins the verbs of rules that are otherwise the same and concern one resource, and words them for a message. */
export function describeRules(rules: readonly PolicyRule[]): string[] {
  const verbs = new Map<string, Set<string>>();
  const rest: string[] = [];
  for (const rule of rules) {
    if (rule.nonResourceURLs !== undefined || rule.resourceNames !== undefined) {
      rest.push(describe(rule));
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources]);
    const known = verbs.get(key) ?? new Set();
    for (const verb of rule.verbs) known.add(verb);
    verbs.set(key, known);
  }
  const joined = [...verbs].map(([key, set]) => {
    const [apiGroups, resources] = JSON.parse(key) as [string[], string[]];
    return describe({ apiGroups, resources, verbs: [...set] });
  });
  return [...new Set([...joined, ...rest])].sort();
}

function describe(rule: PolicyRule): string {
  const parts: string[] = [];
  const add = (label: string, values: readonly string[] | undefined): void => {
    if (values !== undefined && values.length > 0) parts.push(`${label}:${quoteList(values)}`);
  };
  add('APIGroups', rule.apiGroups);
  add('Resources', rule.resources);
  add('NonResourceURLs', rule.nonResourceURLs);
  add('ResourceNames', rule.resourceNames);
  add('Verbs', rule.verbs);
  return `{${parts.join(', ')}}`;
}

/** A list of strings as Kubernetes' messages show it. */
export function quoteList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
}

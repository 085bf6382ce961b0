import type { AdmissionRequest } from '../contract.ts';

/** admissionregistration.k8s.io/v1 RuleWithOperations, and NamedRuleWithOperations of policies. */
export interface Rule {
  operations?: readonly string[];
  apiGroups?: readonly string[];
  apiVersions?: readonly string[];
  /** `pods`, `pods/exec`, `pods/*`, `*`, or a star for either part. */
  resources?: readonly string[];
  /** Default '*'. */
  scope?: string;
  /** Of policies alone; empty: all names. */
  resourceNames?: readonly string[];
}

/** What rules are held against: a request, as the group version that it came in or as an equivalent one. */
export interface Subject {
  operation: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
}

export function subjectOf(request: AdmissionRequest, served = request.resource): Subject {
  const { operation, subresource, name } = request;
  const { group, version, resource } = served;
  return { operation, group, version, resource, subresource, namespace: namespaceOf(request), name };
}

/** A namespace object counts as in the namespace of its own name, as kube-apiserver's request info has it. */
export function namespaceOf(request: AdmissionRequest): string {
  return isNamespace(request.resource) ? request.name : request.namespace;
}

export function isNamespace({ group, resource }: { group: string; resource: string }): boolean {
  return group === '' && resource === 'namespaces';
}

/** apiserver/pkg/admission/plugin/webhook/predicates/rules Matcher. */
export function ruleMatches(rule: Rule, subject: Subject): boolean {
  return (
    has(rule.operations, subject.operation) &&
    has(rule.apiGroups, subject.group) &&
    has(rule.apiVersions, subject.version) &&
    (rule.resources ?? []).some((pattern) => resourceMatches(pattern, subject)) &&
    scopeMatches(rule.scope, subject) &&
    namesMatch(rule.resourceNames, subject.name)
  );
}

function has(patterns: readonly string[] | undefined, value: string): boolean {
  return patterns?.some((pattern) => pattern === '*' || pattern === value) ?? false;
}

function resourceMatches(pattern: string, { resource, subresource }: Subject): boolean {
  const [wanted = '', sub = ''] = pattern.split('/', 2);
  return (wanted === '*' || wanted === resource) && (sub === '*' || sub === subresource);
}

function scopeMatches(scope: string | undefined, subject: Subject): boolean {
  const clusterScoped = subject.namespace === '' || isNamespace(subject);
  if (scope === 'Namespaced') return !clusterScoped;
  return scope === 'Cluster' ? clusterScoped : true;
}

function namesMatch(names: readonly string[] | undefined, name: string): boolean {
  return names === undefined || names.length === 0 || names.includes(name);
}

const configurations: ReadonlySet<string> = new Set([
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
]);

/** No webhook and no policy has a say about webhooks and policies: whoever shuts everybody out could not be put away any more. */
export function isExempt({ group, resource }: { group: string; resource: string }): boolean {
  return group === 'admissionregistration.k8s.io' && configurations.has(resource);
}

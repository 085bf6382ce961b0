import type { FlowSchema, PolicyRulesWithSubjects } from '@kubus/shared/schema';
import type { UserInfo } from '../authn/index.ts';

/** What flow schemas are held against. */
export interface FlowSubject {
  user: UserInfo;
  verb: string;
  /** Absent for paths that are no resources. */
  resource?: { group: string; resource: string; subresource: string; namespace: string };
  path: string;
  /** Of which lists and watches take their width. */
  query?: URLSearchParams;
}

type Subject = PolicyRulesWithSubjects['subjects'][number];

const anything = '*';

/** Lower precedence first; of equals, by name (apiserver/pkg/util/flowcontrol). */
export function inOrder(schemas: Iterable<FlowSchema>): FlowSchema[] {
  const precedence = ({ spec }: FlowSchema): number => spec?.matchingPrecedence ?? 1000;
  return [...schemas].sort((a, b) => precedence(a) - precedence(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
}

export function schemaMatches({ spec }: FlowSchema, subject: FlowSubject): boolean {
  return (spec?.rules ?? []).some((rule) => ruleMatches(rule, subject));
}

/** What tells the flows of one schema apart. */
export function distinguisher({ spec }: FlowSchema, { user, resource }: FlowSubject): string {
  switch (spec?.distinguisherMethod?.type) {
    case 'ByUser':
      return user.username;
    case 'ByNamespace':
      return resource?.namespace ?? '';
    default:
      return '';
  }
}

function ruleMatches(rule: PolicyRulesWithSubjects, subject: FlowSubject): boolean {
  if (!rule.subjects.some((one) => subjectMatches(one, subject.user))) return false;
  return subject.resource === undefined
    ? pathMatches(rule, subject)
    : resourceMatches(rule, subject.verb, subject.resource);
}

function subjectMatches({ kind, user, group, serviceAccount }: Subject, { username, groups }: UserInfo): boolean {
  if (kind === 'User') return user?.name === anything || user?.name === username;
  if (kind === 'Group') return group !== undefined && (group.name === anything || groups.includes(group.name));
  if (serviceAccount === undefined) return false;
  const { namespace, name } = serviceAccount;
  return name === anything
    ? username.startsWith(`system:serviceaccount:${namespace}:`)
    : username === `system:serviceaccount:${namespace}:${name}`;
}

function resourceMatches(
  { resourceRules = [] }: PolicyRulesWithSubjects,
  verb: string,
  asked: NonNullable<FlowSubject['resource']>,
): boolean {
  const name = asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
  return resourceRules.some(
    (rule) =>
      has(rule.verbs, verb) &&
      has(rule.apiGroups, asked.group) &&
      has(rule.resources, name) &&
      (asked.namespace === '' ? rule.clusterScope === true : has(rule.namespaces ?? [], asked.namespace)),
  );
}

function pathMatches({ nonResourceRules = [] }: PolicyRulesWithSubjects, { verb, path }: FlowSubject): boolean {
  return nonResourceRules.some(
    (rule) =>
      has(rule.verbs, verb) &&
      rule.nonResourceURLs.some(
        (url) => url === anything || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))),
      ),
  );
}

function has(patterns: readonly string[], value: string): boolean {
  return patterns.some((pattern) => pattern === anything || pattern === value);
}

import { z } from 'zod';
import type { AuditSubject, Level, Stage } from './contract.ts';

const level = z.enum(['None', 'Metadata', 'Request', 'RequestResponse']);
const stages = z.array(z.enum(['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic']));
const texts = z.array(z.string());

const rule = z.strictObject({
  level,
  users: texts.optional(),
  userGroups: texts.optional(),
  verbs: texts.optional(),
  resources: z
    .array(
      z.strictObject({
        group: z.string().optional(),
        resources: texts.optional(),
        resourceNames: texts.optional(),
      }),
    )
    .optional(),
  namespaces: texts.optional(),
  nonResourceURLs: texts.optional(),
  omitStages: stages.optional(),
  omitManagedFields: z.boolean().optional(),
});

const policy = z.strictObject({
  apiVersion: z.literal('audit.k8s.io/v1'),
  kind: z.literal('Policy'),
  metadata: z.unknown().optional(),
  rules: z.array(rule),
  omitStages: stages.optional(),
  omitManagedFields: z.boolean().optional(),
});

export type PolicyRule = z.infer<typeof rule>;
export type Policy = z.infer<typeof policy>;

/** Throws Error that names what is wrong. */
export function parsePolicy(value: unknown): Policy {
  const result = policy.safeParse(value);
  if (result.success) return result.data;
  throw new Error(result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}

export interface Decision {
  level: Level;
  omitStages: readonly Stage[];
  omitManagedFields: boolean;
}

const nothing: Decision = { level: 'None', omitStages: [], omitManagedFields: false };

/** By the first rule that matches; without one, nothing is written (apiserver/pkg/audit/policy). */
export class PolicyEvaluator {
  readonly #rules: readonly { rule: PolicyRule; decision: Decision }[];

  constructor({ rules, omitStages = [], omitManagedFields = false }: Policy) {
    this.#rules = rules.map((rule) => ({
      rule,
      decision: {
        level: rule.level,
        omitStages: [...new Set([...omitStages, ...(rule.omitStages ?? [])])],
        omitManagedFields: rule.omitManagedFields ?? omitManagedFields,
      },
    }));
  }

  decide(subject: AuditSubject): Decision {
    return this.#rules.find(({ rule }) => matches(rule, subject))?.decision ?? nothing;
  }
}

function matches(rule: PolicyRule, subject: AuditSubject): boolean {
  const { user, verb } = subject;
  if (!anyOf(rule.users, (name) => name === user.username)) return false;
  if (!anyOf(rule.userGroups, (group) => user.groups.includes(group))) return false;
  if (!anyOf(rule.verbs, (wanted) => wanted === verb)) return false;
  const forResources = (rule.resources ?? []).length > 0 || (rule.namespaces ?? []).length > 0;
  const forPaths = (rule.nonResourceURLs ?? []).length > 0;
  if (subject.resource === undefined) {
    return forPaths ? (rule.nonResourceURLs ?? []).some((url) => pathMatches(url, subject.path)) : !forResources;
  }
  return forResources ? resourceMatches(rule, subject.resource) : !forPaths;
}

/** An empty list is no condition. */
function anyOf<T>(list: readonly T[] | undefined, test: (item: T) => boolean): boolean {
  return list === undefined || list.length === 0 || list.some(test);
}

function pathMatches(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1));
}

function resourceMatches(rule: PolicyRule, asked: NonNullable<AuditSubject['resource']>): boolean {
  if (!anyOf(rule.namespaces, (namespace) => namespace === asked.namespace)) return false;
  const { subresource } = asked;
  const combined = subresource === '' ? asked.resource : `${asked.resource}/${subresource}`;
  return anyOf(rule.resources, ({ group = '', resources, resourceNames }) => {
    if (group !== asked.group) return false;
    if (!anyOf(resourceNames, (name) => name === asked.name)) return false;
    return anyOf(
      resources,
      (pattern) =>
        pattern === '*' ||
        pattern === combined ||
        pattern === `${asked.resource}/*` ||
        (subresource !== '' && pattern === `*/${subresource}`),
    );
  });
}

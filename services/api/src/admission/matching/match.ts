import type { ServedResource } from '@kubus/shared/registry';
import type { AdmissionRequest } from '../contract.ts';
import { type Rule, ruleMatches, subjectOf } from './rules.ts';

/** The other group versions in which the same objects are served. */
export type EquivalentsOf = (resource: ServedResource) => readonly ServedResource[];

/**
 * The group version in which a request is to be shown to whoever set these rules: its own if a rule names that, with `matchPolicy: Equivalent` else the first
 * equivalent that a rule names. Undefined: no rule concerns it.
 */
export function matchRules(
  rules: readonly Rule[],
  matchPolicy: string | undefined,
  request: AdmissionRequest,
  equivalents: EquivalentsOf,
): ServedResource | undefined {
  const subject = subjectOf(request);
  if (rules.some((rule) => ruleMatches(rule, subject))) return request.resource;
  if (matchPolicy === 'Exact') return undefined;
  const others = equivalents(request.resource);
  if (others.length === 0) return undefined;
  for (const rule of rules) {
    const found = others.find((other) => ruleMatches(rule, subjectOf(request, other)));
    if (found !== undefined) return found;
  }
  return undefined;
}

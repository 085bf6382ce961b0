import type { IndexSet } from './indexes.ts';
import { IndexSet as Indexes } from './indexes.ts';
import type { SuccessPolicy } from './types.ts';

/** Why the Job has succeeded before all its indexes have, if a rule says so (KEP-3998). */
export function metSuccessPolicy(
  policy: SuccessPolicy | undefined,
  succeeded: IndexSet,
  completions: number,
): string | undefined {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const required =
      rule.succeededIndexes === undefined ? undefined : Indexes.parse(rule.succeededIndexes, completions);
    const got = required === undefined ? succeeded.size : succeeded.common(required);
    const wanted = rule.succeededCount ?? required?.size;
    if (wanted !== undefined && wanted > 0 && got >= wanted) return `Matched rules at index ${index}`;
  }
  return undefined;
}

import type { GroupResource, KubeObject } from '@kubus/shared/object';
import { addTotals, type Totals, toList, totalsOf } from '@kubus/shared/object';
import { countUsage, namesOf } from '@kubus/shared/quota';
import type { ResourceQuota, ResourceQuotaStatus } from '@kubus/shared/schema';

export interface Content {
  kind: GroupResource;
  objects: readonly KubeObject[];
}

/**
 * What a quota's status is to be: what it allows, and what the content of its namespace uses of that. What nothing of the content counts for
 * stays as the API has booked it: objects of kinds that are not known yet, or no more. `now`: milliseconds since 1970.
 */
export function plan(quota: ResourceQuota, content: readonly Content[], now: number): ResourceQuotaStatus {
  const hard = totalsOf(quota.spec?.hard);
  const booked = totalsOf(quota.status?.used);
  const counted = new Set(content.flatMap(({ kind }) => namesOf(quota, kind)));
  const used: Totals = new Map(
    [...hard.keys()].map((name) => [name, counted.has(name) ? '0' : (booked.get(name) ?? '0')]),
  );
  for (const { kind, objects } of content) addTotals(used, countUsage(quota, kind, objects, now));
  return { hard: toList(hard), used: toList(used) };
}

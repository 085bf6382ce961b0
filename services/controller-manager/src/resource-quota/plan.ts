import type { GroupResource, KubeObject } from '@kubus/shared/object';
import { addTotals, type Totals, toList, totalsOf } from '@kubus/shared/object';
import { countUsage } from '@kubus/shared/quota';
import type { ResourceQuota, ResourceQuotaStatus } from '@kubus/shared/schema';

export interface Content {
  kind: GroupResource;
  objects: readonly KubeObject[];
}

/** What a quota's status is to be: what it allows, and what the content of its namespace uses of that. `now`: milliseconds since 1970. */
export function plan(quota: ResourceQuota, content: readonly Content[], now: number): ResourceQuotaStatus {
  const hard = totalsOf(quota.spec?.hard);
  const used: Totals = new Map([...hard.keys()].map((name) => [name, '0']));
  for (const { kind, objects } of content) addTotals(used, countUsage(quota, kind, objects, now));
  return { hard: toList(hard), used: toList(used) };
}

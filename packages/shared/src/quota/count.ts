import { addTotals, type GroupResource, type KubeObject, mask, type Totals } from '../object/index.ts';
import type { ResourceQuota } from '../schema/index.ts';
import { isCovered } from './scopes.ts';
import { countsFor, usageOf } from './usage.ts';

/** The names of a quota that objects of a kind count for. */
export function namesOf({ spec }: ResourceQuota, kind: GroupResource): string[] {
  return Object.keys(spec?.hard ?? {}).filter((name) => countsFor(kind, name));
}

/** What these objects of one kind use of a quota, nothing included. */
export function countUsage(
  quota: ResourceQuota,
  kind: GroupResource,
  objects: Iterable<KubeObject>,
  now: number,
): Totals {
  const names = namesOf(quota, kind);
  const used: Totals = new Map(names.map((name) => [name, '0']));
  for (const object of objects) {
    if (isCovered(quota.spec, kind, object)) addTotals(used, mask(usageOf(kind, object, now), names));
  }
  return used;
}

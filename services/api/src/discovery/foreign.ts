import type { ApiService } from '@kubus/shared/registry';

/** A group version that another server serves. */
export interface ForeignVersion {
  group: string;
  version: string;
  apiService: ApiService;
  /** What its server says of it; undefined as long as it has said nothing. */
  discovered: { version: string; resources: readonly object[]; freshness: string } | undefined;
}

/** Groups of others by name, their versions in order of priority, the groups too. */
export function foreignGroups(versions: readonly ForeignVersion[]): Map<string, ForeignVersion[]> {
  const groups = new Map<string, ForeignVersion[]>();
  const sorted = [...versions].sort((a, b) => byPriority(a, b) || (a.group < b.group ? -1 : 1));
  for (const version of sorted) groups.set(version.group, [...(groups.get(version.group) ?? []), version]);
  return groups;
}

function byPriority({ apiService: a }: ForeignVersion, { apiService: b }: ForeignVersion): number {
  const group = (b.spec?.groupPriorityMinimum ?? 0) - (a.spec?.groupPriorityMinimum ?? 0);
  return group || (b.spec?.versionPriority ?? 0) - (a.spec?.versionPriority ?? 0);
}

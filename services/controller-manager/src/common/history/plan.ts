import type { ControllerRevision } from '../types.ts';
import { byRevision, sameData } from './revision.ts';

export interface HistoryPlan {
  /** The revision of the present template; undefined as long as it does not exist. */
  update: ControllerRevision | undefined;
  action:
    | { type: 'create'; revision: ControllerRevision }
    /** An old template is back: its revision becomes the latest, none is made. */
    | { type: 'renumber'; revision: ControllerRevision; number: number }
    | undefined;
}

/** How the history comes to end with the revision of the present template. `make` builds that with the number it is given. */
export function planHistory(
  revisions: readonly ControllerRevision[],
  make: (number: number) => ControllerRevision,
): HistoryPlan {
  const ordered = [...revisions].sort(byRevision);
  const last = ordered.at(-1);
  const next = (last?.revision ?? 0) + 1;
  const wanted = make(next);
  const equal = ordered.filter((revision) => sameData(revision, wanted)).at(-1);
  if (equal === undefined) return { update: undefined, action: { type: 'create', revision: wanted } };
  if (equal === last) return { update: equal, action: undefined };
  return { update: equal, action: { type: 'renumber', revision: equal, number: next } };
}

/** Revisions above the limit, the oldest first. `isLive` ones are neither counted nor taken. */
export function surplusRevisions(
  revisions: readonly ControllerRevision[],
  limit: number | undefined,
  isLive: (revision: ControllerRevision) => boolean,
): ControllerRevision[] {
  if (limit === undefined || limit < 0) return [];
  const old = [...revisions].sort(byRevision).filter((revision) => !isLive(revision));
  return old
    .slice(0, Math.max(0, old.length - limit))
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

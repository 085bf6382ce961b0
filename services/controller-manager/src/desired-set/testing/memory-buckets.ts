import { type DesiredSetKey, formatDesiredKey, parseDesiredKey } from '@kubus/shared/bus';
import type { DesiredBuckets, Noted, Published } from '../buckets.ts';
import type { SetStatus } from '../status.ts';

/** Buckets in memory, with the same promises about revisions. */
export class MemoryBuckets implements Pick<DesiredBuckets, 'published' | 'status' | 'writeStatus' | 'keys'> {
  readonly desired = new Map<string, Published>();
  readonly outcomes = new Map<string, Noted>();
  writes = 0;
  #revision = 0;

  /** The new revision. */
  put(set: DesiredSetKey, manifest: string): number {
    this.desired.set(formatDesiredKey(set), { revision: ++this.#revision, deleted: false, manifest });
    return this.#revision;
  }

  delete(set: DesiredSetKey): void {
    this.desired.set(formatDesiredKey(set), { revision: ++this.#revision, deleted: true });
  }

  outcome(set: DesiredSetKey): SetStatus | undefined {
    return this.outcomes.get(formatDesiredKey(set))?.status;
  }

  async published(set: DesiredSetKey): Promise<Published | undefined> {
    return this.desired.get(formatDesiredKey(set));
  }

  async status(set: DesiredSetKey): Promise<Noted | undefined> {
    return this.outcomes.get(formatDesiredKey(set));
  }

  async writeStatus(set: DesiredSetKey, status: SetStatus, before: Noted | undefined): Promise<Noted> {
    const key = formatDesiredKey(set);
    if ((before?.entry ?? 0) !== (this.outcomes.get(key)?.entry ?? 0)) throw new Error('wrong entry');
    const noted = { status: structuredClone(status), entry: ++this.writes };
    this.outcomes.set(key, noted);
    return noted;
  }

  async keys(): Promise<DesiredSetKey[]> {
    const keys = new Set([...this.desired.keys(), ...this.outcomes.keys()]);
    return [...keys].map(parseDesiredKey).filter((key) => key !== undefined);
  }
}

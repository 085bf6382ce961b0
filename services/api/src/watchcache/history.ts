import type { Change } from '@kubus/shared/changelog';
import type { KubeObject } from '@kubus/shared/object';
import { ChangeRecord } from './record.ts';

/**
 * Changes out of the log as a cache would have recorded them, had it been there. What an object was before the first of its changes is not known unless
 * that made it; its own state then stands in, so that one who sees every object gets the right event.
 */
export function recordsOf(changes: readonly Change[], at: number): ChangeRecord[] {
  const states = new Map<string, KubeObject>();
  return changes.map(({ type, key, object, revision }) => {
    const id = `${key.namespace ?? ''}/${key.name}`;
    const known = states.get(id);
    const deleted = type === 'deleted';
    if (deleted) states.delete(id);
    else states.set(id, object);
    const previous = type === 'created' ? undefined : (known ?? object);
    return new ChangeRecord(
      deleted,
      object,
      previous,
      revision,
      at,
      undefined,
      type === 'created' || known !== undefined,
    );
  });
}

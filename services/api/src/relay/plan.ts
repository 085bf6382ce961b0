import type { ChangeStreamState } from '@kubus/shared/changelog';
import type { OutboxState } from '@kubus/shared/store';

/**
 * What a relay that begins does with the stream that it finds.
 * `follow`: go on after its last revision. `create`: make the stream anew, beginning with this revision; with `newEpoch`, because Redis has lost
 * acknowledged writes and gives their revisions out again, so that what readers hold may never have been.
 */
export type Resume =
  | { action: 'follow'; stream: ChangeStreamState }
  | { action: 'create'; from: number; newEpoch: boolean; reason: string };

/**
 * `sameCommit`: whether the stream's last message and the outbox entry of that revision are the same commit; undefined when one of
 * them is not there to compare.
 */
export function planResume(
  stream: ChangeStreamState | undefined,
  outbox: OutboxState,
  sameCommit: boolean | undefined,
): Resume {
  const create = (reason: string, newEpoch = false): Resume => ({
    action: 'create',
    from: outbox.first,
    newEpoch,
    reason,
  });
  if (stream === undefined) return create('there is no stream');
  if (stream.epoch !== outbox.epoch) return create('the stream copies another history');
  if (stream.last > outbox.revision || sameCommit === false)
    return create('Redis has gone back behind the stream', true);
  if (stream.last + 1 < outbox.first) return create('the stream has lost changes that the outbox no longer holds');
  return { action: 'follow', stream };
}

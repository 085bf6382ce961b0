import type { ObjectKey } from '../object/index.ts';
import type { SharedSpecs } from '../object/shared-specs.ts';
import type { KeyRing } from '../store/encryption.ts';
import type { Change } from './contract.ts';
import { headOf, objectTextOf, parseChange, parseHead } from './message.ts';
import type { OwnCommits } from './own-commits.ts';

export interface ChangeReading {
  keyRing: KeyRing | undefined;
  own: OwnCommits | undefined;
  /** As `Reading.specs`. */
  specs: SharedSpecs | undefined;
}

/** A message of the change log, parsed only if nobody in this process has its object. Undefined when it does not carry one. */
export function readChange(
  { keyRing, own, specs }: ChangeReading,
  key: ObjectKey,
  revision: number,
  message: Uint8Array,
): Change | undefined {
  if (own !== undefined && keyRing?.covers(key) !== true) return readUnlessOwn(own, key, revision, message);
  try {
    return parseChange(key, message, { keyRing, specs });
  } catch {
    // A key that this process does not have: the readable part is what it may see.
    return parseChange(key, message, { specs });
  }
}

/** Readable as it lies: neither sealed nor to be trimmed. */
function readUnlessOwn(own: OwnCommits, key: ObjectKey, revision: number, message: Uint8Array): Change | undefined {
  const known = own.take(revision);
  const head = headOf(message);
  if (head === undefined) return undefined;
  const text = objectTextOf(message, head);
  if (known !== undefined) {
    const { commit, type, previousRevision, revision: stated } = parseHead(head);
    if (commit === known.commit) return { type, key, revision: stated, previousRevision, object: known.object, text };
  }
  const change = parseChange(key, message, {});
  return change === undefined ? undefined : { ...change, text };
}

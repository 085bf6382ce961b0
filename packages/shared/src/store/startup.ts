import { StatusError } from '../errors/index.ts';

/** What a server promises for what it has acknowledged. */
export interface Durability {
  /** Append-only file on. Off: an ended server forgets all. */
  aof: boolean;
  /** appendfsync, or undefined when this user may not read the server's configuration. */
  fsync: string | undefined;
}

/** Reads the sections of INFO into one map. */
export function parseInfo(info: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of info.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

/** Throws InternalError, with what to change, when this server must not hold the cluster's state. */
export function checkServer(info: ReadonlyMap<string, string>): void {
  const version = info.get('redis_version') ?? 'unknown';
  const major = Number.parseInt(version, 10);
  if (!(major >= 7)) throw refuse(`Redis 7 or newer is needed for the state, this server is ${version}`);
  const policy = info.get('maxmemory_policy');
  if (policy !== 'noeviction')
    throw refuse(`Redis may evict the cluster's state: set maxmemory-policy to noeviction (it is ${policy})`);
}

/**
 * Throws InternalError when the outbox is ahead of the revision counter: keys were lost or restored apart from each other, and
 * revisions would be given out twice.
 */
export function checkCounter(revision: number, lastOutboxId: string | undefined): void {
  const last = Number.parseInt(lastOutboxId ?? '0', 10);
  if (last > revision)
    throw refuse(
      `the outbox in Redis ends at revision ${last}, the counter stands at ${revision}: restore both from one backup`,
    );
}

function refuse(why: string): StatusError {
  return new StatusError('InternalError', why);
}

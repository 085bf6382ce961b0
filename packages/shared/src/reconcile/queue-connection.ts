import { Redis } from 'ioredis';
import type { ReconcileLog } from './log.ts';

/**
 * The connection to the queue Redis that all queues of a process share; each worker has one more, on which it blocks.
 * Commands wait while the server is away; keys that changes bring meanwhile gather in front of them (`KeyInbox`).
 */
export function connectQueueRedis(url: string, log: ReconcileLog): Redis {
  const redis = new Redis(url, {
    connectionName: 'kubus-queues',
    // BullMQ demands it: a blocked read has no number of tries.
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(attempt * 50, 1_000),
    connectTimeout: 5_000,
    // Above the longest blocking read (10 s), which has the same options.
    socketTimeout: 20_000,
  });
  tellOnce(redis, log);
  return redis;
}

/** One line for the loss of the server and one for its return, however many attempts lie between. */
function tellOnce(redis: Redis, log: ReconcileLog): void {
  let lost = false;
  redis.on('error', (err) => {
    if (!lost) log.warn({ err }, 'Lost the connection to the queue Redis');
    lost = true;
  });
  redis.on('ready', () => {
    if (lost) log.info({}, 'Connected to the queue Redis again');
    lost = false;
  });
}

/** Told of by every worker for every attempt; `tellOnce` has said it. */
export function isConnectionError(error: Error): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return /^E[A-Z]+$/.test(code) || /connection is closed|socket timeout|ECONN/i.test(error.message);
}

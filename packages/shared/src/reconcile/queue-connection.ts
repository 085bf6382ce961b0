import { Redis } from 'ioredis';

/**
 * The connection to the queue Redis that all queues of a process share; each worker has one more, on which it blocks.
 * Commands wait while the server is away: a change that cannot be queued stays unacknowledged in the change log, and is delivered again.
 */
export function connectQueueRedis(url: string, onError: (error: Error) => void): Redis {
  const redis = new Redis(url, {
    connectionName: 'kubus-queues',
    // BullMQ demands it: a blocked read has no number of tries.
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(attempt * 50, 1_000),
    connectTimeout: 5_000,
    // Above the longest blocking read (10 s), which has the same options.
    socketTimeout: 20_000,
  });
  redis.on('error', onError);
  return redis;
}

export { KeyQueue } from './key-queue.ts';
export { KeyWorker, type KeyWorkerOptions } from './key-worker.ts';
export { connectQueueRedis } from './queue-connection.ts';

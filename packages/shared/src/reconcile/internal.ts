export { ControllerLoop } from './controller-loop.ts';
export { KeyQueue } from './key-queue.ts';
export { KeyWorker } from './key-worker.ts';
export { connectQueueRedis } from './queue-connection.ts';

export { CommitEncoder } from './commit-args.ts';
export { Connection } from './connection.ts';
export { storeKeys } from './keys.ts';
export { Script } from './script.ts';

export { CommitEncoder } from './commit-args.ts';
export { storeKeys } from './keys.ts';
export { Script } from './script.ts';

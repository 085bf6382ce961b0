export * from './bootstrap.ts';
export { readSecret } from './files.ts';
export * from './join/index.ts';
export * from './nats-authority.ts';
export * from './permissions.ts';
export { type KeyRotation, rotateKeys } from './rotate-keys.ts';

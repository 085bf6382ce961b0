export type { ConnectionOptions } from './connection.ts';
export { anyRevision, type ContinueToken, formatContinue, parseContinue, type TokenScope } from './continue-token.ts';
export type * from './contract.ts';
export { type EncryptionKey, isSealed, KeyRing, parseEncryptionKeys, type Sealing } from './encryption.ts';
export { Outbox, type OutboxEntry, type OutboxOptions, type OutboxState } from './outbox.ts';
export { OwnEntries } from './own-entries.ts';
export { RedisStore, type RedisStoreOptions } from './redis-store.ts';
export type { Durability } from './startup.ts';

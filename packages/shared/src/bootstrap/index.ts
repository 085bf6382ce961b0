export * from './bootstrap.ts';
export * from './nats-authority.ts';
export * from './permissions.ts';

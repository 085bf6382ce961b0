export * from './bootstrap.ts';
export * from './join/index.ts';
export * from './nats-authority.ts';
export * from './permissions.ts';

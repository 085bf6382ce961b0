export * from './controller/index.ts';
export * from './eventually.ts';
export * from './nats-cluster.ts';
export { freePort } from './ports.ts';
export * from './secured.ts';
export { type NatsOptions, type RedisOptions, startNats, startRedis, type TestServer } from './servers.ts';
export * from './wire.ts';

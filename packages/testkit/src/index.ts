export * from './controller/index.ts';
export * from './eventually.ts';
export * from './servers.ts';

export * from './eventually.ts';
export * from './servers.ts';

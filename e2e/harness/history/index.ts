export * from './history.ts';
export * from './jobs.ts';
export * from './pods.ts';
export * from './reading.ts';
export * from './writes.ts';

export * from './cluster.ts';
export * from './run.ts';

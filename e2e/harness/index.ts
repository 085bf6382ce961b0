export * from './cluster.ts';
export * from './engine.ts';
export * from './pod-cases.ts';
export * from './proxy.ts';
export * from './run.ts';

export * from './cluster.ts';
export * from './engine.ts';
export * from './lose-change-log.ts';
export * from './memory-watch.ts';
export * from './pod-cases.ts';
export * from './port-forward.ts';
export * from './proxy.ts';
export * from './run.ts';

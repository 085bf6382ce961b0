export * from './health.ts';
export * from './lifecycle.ts';
export * from './main.ts';

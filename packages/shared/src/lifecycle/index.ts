export * from './health.ts';
export * from './lifecycle.ts';
export * from './main.ts';
export { Standstill } from './standstill.ts';

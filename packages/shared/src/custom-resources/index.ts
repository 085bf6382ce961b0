export * from './definition.ts';
export { customKind } from './kind.ts';
export { nextStatus } from './next-status.ts';

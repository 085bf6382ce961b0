export * from './definition.ts';
export { type Converter, customKind } from './kind.ts';
export { nextStatus } from './next-status.ts';

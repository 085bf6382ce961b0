export * from './contract.ts';
export { field, immutable } from './field.ts';
export { builtinKinds } from './kinds/index.ts';
export { Registry } from './registry.ts';

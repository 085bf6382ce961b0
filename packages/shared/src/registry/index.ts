export * from './contract.ts';
export { builtinKinds } from './kinds/index.ts';
export { Registry } from './registry.ts';

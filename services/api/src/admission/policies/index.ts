export type { Binding, MutatingPolicySpec, Policy, ValidatingPolicySpec } from './contract.ts';
export { Hooks } from './hooks.ts';
export type { PolicyOptions } from './invocations.ts';
export { MutatingPolicies, MutatingProgram } from './mutating.ts';
export { cachedParams } from './params.ts';
export { ValidatingPolicies } from './validating.ts';
export { Validator } from './validator.ts';

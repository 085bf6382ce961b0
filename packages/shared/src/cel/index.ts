export {
  type Binding,
  type Budget,
  type CelEnv,
  type Compilation,
  compile,
  type Program,
  REQUEST_BUDGET,
} from './compile.ts';
export { BudgetExceeded, CelError } from './errors.ts';
export { type Library, libraryOf, type Overload } from './function.ts';
export { fromJson, toJson } from './json.ts';
export {
  type AuthorizationCheck,
  type AuthorizationDecision,
  type AuthorizationHook,
  AuthorizerValue,
  authorizers,
  authorizerType,
  ResourceCheckValue,
  resourceCheckType,
} from './library/authorizer.ts';
export { standardOverloads } from './library/index.ts';
export { jsonPatches, jsonPatchType } from './library/json-patch.ts';
export { escapeName, schemaType } from './schema-types.ts';
export * from './types.ts';
export {
  CelList,
  CelOptional,
  CelStruct,
  type CelValue,
  LazyStruct,
  textSize,
} from './values.ts';

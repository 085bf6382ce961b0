export {
  type Binding,
  type Budget,
  type CelEnv,
  type Compilation,
  compile,
  PER_CALL_LIMIT,
  type Program,
  REQUEST_BUDGET,
} from './compile.ts';
export { equals } from './equality.ts';
export { BudgetExceeded, CelError } from './errors.ts';
export { fn, type Library, libraryOf, type Overload } from './function.ts';
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
export { standardLibrary, standardOverloads } from './library/index.ts';
export { jsonPatches, jsonPatchType } from './library/json-patch.ts';
export { escapeName, schemaType } from './schema-types.ts';
export * from './types.ts';
export {
  ArrayList,
  CelList,
  CelMap,
  CelOptional,
  CelStruct,
  type CelValue,
  EntryMap,
  FieldStruct,
  LazyStruct,
  textSize,
} from './values.ts';

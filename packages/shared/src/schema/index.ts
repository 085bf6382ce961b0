export { cloneJson, isObject, type JsonObject, jsonEqual, setKey } from './data.ts';
export {
  type Decoded,
  type DecodeOptions,
  decodeObject,
  type FieldValidation,
} from './decode/decode-object.ts';
export type * from './facts.ts';
export type * from './generated/types.ts';
export type * from './node.ts';
export { type Patch, patchObject, patchTypes } from './patch/patch-object.ts';
export { decodeProtobuf, encodeProtobuf, PROTOBUF } from './protobuf/envelope.ts';
export { builtinSchema, SchemaSet } from './schema-set.ts';

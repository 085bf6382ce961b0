export { type Applied, type ApplyOptions, applyObject } from './apply/apply-object.ts';
export { CreationTracker } from './apply/creation-tracker.ts';
export { mergeConfig as layOver } from './apply/merge.ts';
export type { VersionOf } from './apply/ownership.ts';
export type { Writer } from './apply/track-update.ts';
export { UpdateTracker } from './apply/update-tracker.ts';
export { cloneJson, isObject, type JsonObject, jsonEqual, setKey } from './data.ts';
export {
  type Decoded,
  type DecodeOptions,
  decodeObject,
  type FieldValidation,
} from './decode/decode-object.ts';
export { noVersionAndKind, unrecognizedBody } from './decode/problems.ts';
export type * from './facts.ts';
export type * from './generated/types.ts';
export type { ContainerMetrics, NodeMetrics, PodMetrics } from './metrics.ts';
export type * from './node.ts';
export type { OpenApiKind, OpenApiSubresource } from './openapi/contract.ts';
export { type OpenApiDocument, OpenApiDocuments, openApiV2Protobuf } from './openapi/documents.ts';
export { type ForeignV2, MergedV2 } from './openapi/merge.ts';
export type { Describe } from './openapi/schemas.ts';
export { jsonPatch } from './patch/json-patch.ts';
export { type Patch, patchObject } from './patch/patch-object.ts';
export {
  decodeProtobuf,
  encodeProtobuf,
  encodeProtobufWatchEvent,
  hasProtobuf,
} from './protobuf/envelope.ts';
export { builtinSchema } from './schema-set.ts';
export { addAlwaysWritten } from './zero.ts';

export { type PipelineOptions, type RunningPipeline, startPipeline } from './assemble.ts';
export { bootstrapObjects } from './bootstrap.ts';
export type { Codec, FieldChange } from './codec.ts';
export type * from './contract.ts';
export { schemaCodec } from './schema-codec.ts';

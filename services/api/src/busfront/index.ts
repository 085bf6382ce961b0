export { PipelineHandler } from './handler.ts';
export { desiredSetBindings, desiredSetsGroup, userOf } from './identity.ts';

export { PipelineHandler } from './handler.ts';
export { desiredSetBindings, userOf } from './identity.ts';

export { DefinitionController } from './controller.ts';
export { converterOf } from './conversion.ts';
export { definitions, ServedKinds } from './kinds.ts';

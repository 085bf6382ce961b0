export { DefinitionController } from './controller.ts';
export { definitions, ServedKinds } from './kinds.ts';

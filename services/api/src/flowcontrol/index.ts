export { bootstrapFlowSchemas, bootstrapPriorityLevels, mendFlowControl } from './bootstrap.ts';

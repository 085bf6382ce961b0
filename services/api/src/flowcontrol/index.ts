export { bootstrapFlowSchemas, bootstrapPriorityLevels, mendFlowControl } from './bootstrap.ts';
export type { FlowSubject } from './classify.ts';
export { FlowControl, type Seat } from './flow-control.ts';
export { mandatoryFlowSchemas, mandatoryPriorityLevels } from './mandatory.ts';
export { flowControlMetrics } from './metrics.ts';

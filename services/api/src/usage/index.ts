export { nodeMetricsOf, podMetricsOf } from './metrics.ts';
export { UsageStore } from './usage-store.ts';

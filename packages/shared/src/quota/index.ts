/** What objects use of the quotas of their namespace: the API refuses by it, a controller counts by it. */

export { countUsage, namesOf } from './count.ts';
export { missingFrom, podTotals } from './pod-usage.ts';
export { isCovered } from './scopes.ts';
export { addTotals, exceeding, growth, mask, type ResourceList, type Totals, toList, totalsOf } from './totals.ts';
export { countsFor, mayGrow, usageOf } from './usage.ts';

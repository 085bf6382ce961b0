/** What objects use of the quotas of their namespace: the API refuses by it, a controller counts by it. */

export { countUsage, namesOf } from './count.ts';
export { missingFrom } from './pod-usage.ts';
export { isCovered } from './scopes.ts';
export { countsFor, mayGrow, usageOf } from './usage.ts';

export { type SchedulerSettings, schedulerSettings } from './settings.ts';
export { start } from './start.ts';

export { CronError } from './fields.ts';
export { parseSchedule, type Schedule } from './schedule.ts';
export { TimeZone } from './time-zone.ts';

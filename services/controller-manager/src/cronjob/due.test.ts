import { parseSchedule } from '@kubus/shared/cron';
import { expect, it } from 'vitest';
import { dueStart } from './due.ts';
import type { CronJob } from './types.ts';

const minute = 60_000;
const noon = Date.UTC(2026, 0, 1, 12);
const every10 = parseSchedule('*/10 * * * *');

const due = (now: number, last: number, spec: object = {}) => {
  const status = { lastScheduleTime: new Date(last).toISOString() };
  return dueStart({ metadata: {}, spec, status } as CronJob, every10, now);
};

it('a start is due from its very time on, the next one a moment after its own', () => {
  expect(due(noon - 1, noon - 10 * minute)).toEqual({ tooManyMissed: false, next: 101 });
  expect(due(noon, noon - 10 * minute)).toEqual({ time: noon, tooManyMissed: false, next: 10 * minute + 100 });
  expect(due(noon, noon)).not.toHaveProperty('time');
});

it('of several that were missed the latest is due', () => {
  expect(due(noon + 9 * minute, noon - 40 * minute).time).toBe(noon);
  expect(due(noon + 10 * minute, noon - 40 * minute).time).toBe(noon + 10 * minute);
});

it('one that is later than the deadline allows is not made up for', () => {
  expect(due(noon + 5 * minute, noon - 10 * minute, { startingDeadlineSeconds: 301 }).time).toBe(noon);
  expect(due(noon + 5 * minute, noon - 10 * minute, { startingDeadlineSeconds: 299 })).not.toHaveProperty('time');
});

it('says when so many were missed that something is wrong', () => {
  expect(due(noon, noon - 90 * 10 * minute).tooManyMissed).toBe(false);
  expect(due(noon, noon - 110 * 10 * minute).tooManyMissed).toBe(true);
});

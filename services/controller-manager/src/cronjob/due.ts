import type { Schedule } from '@kubus/shared/cron';
import { parseTime } from '../common/time.ts';
import type { CronJob } from './types.ts';

/** From this many missed starts on users are told. */
const manyMissed = 100;
/** Clocks differ a little; the next look is that much later than the schedule says. */
const marginMs = 100;

export interface Due {
  /** The latest time at which a Job should have started and none did; earlier ones are skipped. */
  time?: number;
  /** So many starts were missed that the clock or the deadline is probably wrong. */
  tooManyMissed: boolean;
  /** Milliseconds until the next time of the schedule; undefined when none comes. */
  next?: number;
}

/** Which start is due (Kubernetes: nextScheduleTime, nextScheduleTimeDuration). */
export function dueStart(cronJob: CronJob, schedule: Schedule, now: number): Due {
  const since = parseTime(cronJob.status?.lastScheduleTime) ?? parseTime(cronJob.metadata.creationTimestamp) ?? now;
  const deadline = cronJob.spec.startingDeadlineSeconds;
  const limit = typeof deadline === 'number' ? now - deadline * 1000 : since;
  const { time, missed } = latestStart(schedule, Math.max(since, limit), now);
  const next = schedule.next(now);
  return {
    tooManyMissed: missed > manyMissed,
    ...(time === undefined ? {} : { time }),
    ...(next === undefined ? {} : { next: next + marginMs - now }),
  };
}

/** The last time of the schedule after `earliest` that is not after `now`; `missed` is an estimate from the first two of them. */
function latestStart(schedule: Schedule, earliest: number, now: number): { time?: number; missed: number } {
  const first = schedule.next(earliest);
  const second = first === undefined ? undefined : schedule.next(first);
  if (first === undefined || first > now) return { missed: 0 };
  if (second === undefined || second > now) return { time: first, missed: 0 };
  const between = second - first;
  const missed = Math.floor((now - first) / between) + 1;
  let latest = first;
  // One interval earlier than the estimate, for schedules whose times are not evenly spread.
  const from = first + (missed - 2) * between;
  for (let time = schedule.next(from); time !== undefined && time <= now; time = schedule.next(time)) latest = time;
  return { time: latest, missed };
}

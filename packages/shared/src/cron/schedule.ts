import { CronError, type Field, fieldBounds, matches, parseField } from './fields.ts';
import { TimeZone, type WallTime } from './time-zone.ts';

export interface Schedule {
  /** The first time after `after`, both in milliseconds since 1970; undefined when there is none within five years. */
  next(after: number): number | undefined;
}

const minuteMs = 60_000;
const yearsAhead = 5;

const macros = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

/**
 * Reads a schedule of five fields (minute, hour, day of month, month, day of week), a macro, or '@every <duration>'. Means what it means in
 * Kubernetes (robfig/cron): when neither day field is a star one of them is enough; times that the clock skips are skipped, and those that it
 * shows twice come twice. Throws CronError.
 */
export function parseSchedule(text: string, zone = new TimeZone()): Schedule {
  if (text === '') throw new CronError('empty spec string');
  if (text.startsWith('@every ')) return new Interval(parseDuration(text.slice('@every '.length)));
  if (text.startsWith('@') && !macros.has(text)) throw new CronError(`unrecognized descriptor: ${text}`);
  const words = (macros.get(text) ?? text).split(/\s+/).filter((word) => word !== '');
  if (words.length !== fieldBounds.length)
    throw new CronError(`expected exactly 5 fields, found ${words.length}: [${words.join(' ')}]`);
  const fields = fieldBounds.map((bounds, index) => parseField(words[index] ?? '', bounds));
  return new Calendar(fields, zone);
}

class Calendar implements Schedule {
  readonly #fields: readonly Field[];
  readonly #zone: TimeZone;

  constructor(fields: readonly Field[], zone: TimeZone) {
    this.#fields = fields;
    this.#zone = zone;
  }

  /** Looks at months, then days, hours and minutes, and steps over what does not fit as a whole. */
  next(after: number): number | undefined {
    const [minutes, hours, , months] = this.#fields as [Field, Field, Field, Field, Field];
    let time = Math.floor(after / minuteMs) * minuteMs + minuteMs;
    const lastYear = this.#zone.wall(time).year + yearsAhead;
    for (;;) {
      const wall = this.#zone.wall(time);
      if (wall.year > lastYear) return undefined;
      if (!matches(months, wall.month)) time = this.#zone.startOfDay(wall.year, wall.month + 1, 1);
      else if (!this.#isDay(wall)) time = this.#zone.startOfDay(wall.year, wall.month, wall.day + 1);
      else if (!matches(hours, wall.hour)) time += (60 - wall.minute) * minuteMs;
      else if (!matches(minutes, wall.minute)) time += minuteMs;
      else return time;
    }
  }

  #isDay(wall: WallTime): boolean {
    const [, , days, , weekdays] = this.#fields as [Field, Field, Field, Field, Field];
    const [day, weekday] = [matches(days, wall.day), matches(weekdays, wall.weekday)];
    return days.any || weekdays.any ? day && weekday : day || weekday;
  }
}

/** From one time to the next, whatever the clock shows. */
class Interval implements Schedule {
  readonly #ms: number;

  constructor(ms: number) {
    this.#ms = ms;
  }

  next(after: number): number {
    return Math.floor(after / 1000) * 1000 + this.#ms;
  }
}

const units = new Map([
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]);

/** Go's notation ('1h30m'), in whole seconds, one at least. */
function parseDuration(text: string): number {
  const pieces = [...text.matchAll(/(\d{1,9}(?:\.\d{1,9})?)(ms|h|m|s)/g)];
  if (pieces.length === 0 || pieces.map(([piece]) => piece).join('') !== text)
    throw new CronError(`failed to parse duration @every ${text}`);
  const total = pieces.reduce((sum, [, number, unit]) => sum + Number(number) * (units.get(unit ?? '') ?? 0), 0);
  return Math.max(1000, Math.floor(total / 1000) * 1000);
}

const minuteMs = 60_000;

/** Wall clock of a place. Months and days count from 1, `weekday` from Sunday as 0. */
export interface WallTime {
  year: number;
  month: number;
  day: number;
  weekday: number;
  hour: number;
  minute: number;
}

/** A time zone of the IANA database, as the runtime knows it; its rules, daylight saving included, change at their times. */
export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;

  /** Throws RangeError for a zone that is not known. */
  constructor(name = 'UTC') {
    if (!/^[A-Za-z]/.test(name)) throw new RangeError(`unknown time zone ${name}`);
    this.name = name;
    const part = 'numeric';
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      hourCycle: 'h23',
      era: 'short',
      year: part,
      month: part,
      day: part,
      hour: part,
      minute: part,
      second: part,
    });
  }

  static exists(name: string): boolean {
    try {
      return new TimeZone(name) !== undefined;
    } catch {
      return false;
    }
  }

  /** How far the wall clock is ahead of UTC at a moment; milliseconds. */
  offset(time: number): number {
    const parts = new Map(this.#format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    const at = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
    const wall = Date.UTC(at('year'), at('month') - 1, at('day'), at('hour'), at('minute'), at('second'));
    return wall - Math.floor(time / 1000) * 1000;
  }

  wall(time: number): WallTime {
    const date = new Date(time + this.offset(time));
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      weekday: date.getUTCDay(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
    };
  }

  /** The first moment of a day; days that the calendar does not have are carried on (31 February is 2 or 3 March). */
  startOfDay(year: number, month: number, day: number): number {
    const wall = Date.UTC(year, month - 1, day);
    const candidates = [wall - this.offset(wall - 24 * 60 * minuteMs), wall - this.offset(wall + 24 * 60 * minuteMs)];
    const first = Math.min(...candidates);
    // Midnight that the clock skips: the day begins when the clock has moved on.
    return this.wall(first).day === new Date(wall).getUTCDate() ? first : Math.max(...candidates);
  }

  /** RFC 3339 with the offset of the zone, as Kubernetes writes it. */
  format(time: number): string {
    const offset = Math.round(this.offset(time) / minuteMs);
    const local = new Date(time + offset * minuteMs).toISOString().slice(0, 19);
    if (offset === 0) return `${local}Z`;
    const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
    return `${local}${offset < 0 ? '-' : '+'}${twoDigits(hours)}:${twoDigits(minutes)}`;
  }
}

const twoDigits = (number: number): string => String(number).padStart(2, '0');

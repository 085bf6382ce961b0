import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSchedule, TimeZone } from './index.ts';

/** The next times as the zone's clock shows them. */
function times(schedule: string, after: string, count = 1, zone = 'UTC'): string[] {
  const place = new TimeZone(zone);
  const parsed = parseSchedule(schedule, place);
  const found: string[] = [];
  for (let time: number | undefined = Date.parse(after); found.length < count && time !== undefined; ) {
    time = parsed.next(time);
    if (time !== undefined) found.push(place.format(time));
  }
  return found;
}

describe('a schedule', () => {
  it.each([
    ['*/15 * * * *', '2026-01-01T00:00:00Z', '2026-01-01T00:15:00Z'],
    ['0 * * * *', '2026-01-01T00:59:59Z', '2026-01-01T01:00:00Z'],
    ['5/20 3 * * *', '2026-01-01T03:05:00Z', '2026-01-01T03:25:00Z'],
    ['30 2 29 feb ?', '2026-01-01T00:00:00Z', '2028-02-29T02:30:00Z'],
    ['0 0 * * MON-FRI', '2026-01-02T00:00:00Z', '2026-01-05T00:00:00Z'],
    // Neither day field is a star: one is enough.
    ['0 0 13 * fri', '2026-01-10T00:00:00Z', '2026-01-13T00:00:00Z'],
    ['0 0 */2 * fri', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
    ['@yearly', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['@weekly', '2026-01-01T00:00:00Z', '2026-01-04T00:00:00Z'],
    ['@every 1h30m', '2026-01-01T00:00:07.5Z', '2026-01-01T01:30:07Z'],
    ['0,30 8-10/2 1 * *', '2026-01-01T08:30:00Z', '2026-01-01T10:00:00Z'],
  ])('%s after %s comes at %s', (schedule, after, next) => {
    expect(times(schedule, after)).toEqual([next]);
  });

  it('that can never come ends after five years', () => {
    expect(times('59 23 31 2 *', '2026-01-01T00:00:00Z')).toEqual([]);
  });

  it('follows the clock of its zone', () => {
    expect(times('0 9 * * *', '2026-03-28T12:00:00Z', 2, 'Europe/Berlin')).toEqual([
      '2026-03-29T09:00:00+02:00',
      '2026-03-30T09:00:00+02:00',
    ]);
    expect(times('0 9 * * *', '2026-07-01T00:00:00Z', 1, 'America/New_York')).toEqual(['2026-07-01T09:00:00-04:00']);
  });

  it('skips what the clock skips, and comes twice when the clock shows it twice', () => {
    expect(times('30 2 * * *', '2026-03-28T12:00:00Z', 1, 'Europe/Berlin')).toEqual(['2026-03-30T02:30:00+02:00']);
    expect(times('30 2 * * *', '2026-10-24T12:00:00Z', 3, 'Europe/Berlin')).toEqual([
      '2026-10-25T02:30:00+02:00',
      '2026-10-25T02:30:00+01:00',
      '2026-10-26T02:30:00+01:00',
    ]);
  });

  it('finds days whose midnight does not exist', () => {
    expect(times('0 * 6 9 *', '2015-09-05T12:00:00Z', 1, 'America/Santiago')[0]).toMatch(/^2015-09-06T0[01]:00:00/);
    expect(times('0 0 * * *', '2026-09-05T12:00:00Z', 1, 'America/Santiago')[0]).toMatch(/^2026-09-0[67]T00:00:00/);
  });

  it.each([
    ['', 'empty spec string'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-3 * * * *', 'beginning of range (5) beyond end of range (3): 5-3'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['a * * * *', 'failed to parse int from a'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['* * * * 7', 'end of range (7) above maximum (6): 7'],
    ['@often', 'unrecognized descriptor: @often'],
    ['@every soon', 'failed to parse duration @every soon'],
  ])('%j is refused: %s', (schedule, message) => {
    expect(() => parseSchedule(schedule)).toThrow(message);
  });

  it('always comes later, at a time that fits, with none that fits before', () => {
    const start = Date.UTC(2026, 0, 1);
    fc.assert(
      fc.property(
        fc.nat(59),
        fc.nat(23),
        fc.integer({ min: 0, max: 6 }),
        fc.nat(365 * 24 * 60),
        fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
        (minute, hour, weekday, offset, name) => {
          const zone = new TimeZone(name);
          const after = start + offset * 60_000;
          const next = parseSchedule(`${minute} ${hour} * * ${weekday}`, zone).next(after) as number;
          expect(next).toBeGreaterThan(after);
          expect(zone.wall(next)).toMatchObject({ minute, hour, weekday });
          for (let time = after + 60_000; time < Math.min(next, after + 36 * 3_600_000); time += 60_000) {
            const { minute: m, hour: h, weekday: w } = zone.wall(time);
            expect(m === minute && h === hour && w === weekday).toBe(false);
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('a time zone', () => {
  it('is known by its name in the database, not by an offset', () => {
    expect(TimeZone.exists('Etc/UTC')).toBe(true);
    expect(TimeZone.exists('Mars/Olympus')).toBe(false);
    expect(TimeZone.exists('+01:00')).toBe(false);
  });
});

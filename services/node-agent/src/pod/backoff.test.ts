import { describe, expect, it } from 'vitest';
import { type Backoff, backoffEnd, nextBackoff, waitAfter } from './backoff.ts';

it('restarts at once the first time, then after 10 seconds, twice as long each time, up to five minutes', () => {
  let backoff: Backoff | undefined;
  let end = 1_000_000;
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    const start = backoffEnd(backoff, end);
    waits.push((start - end) / 1000);
    backoff = nextBackoff(backoff, end);
    end = start + 1_000;
  }
  expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
});

it('begins anew with a container that has run for ten minutes', () => {
  const long: Backoff = { seconds: 300, since: 1_000_000 };
  expect(backoffEnd(long, 1_000_000 + 600_000)).toBe(1_000_000 + 900_000);
  expect(backoffEnd(long, 1_000_000 + 600_001)).toBe(1_000_000 + 600_001);
  expect(nextBackoff(long, 1_000_000 + 600_001).seconds).toBe(10);
});

it('waits no longer than the node lets it', () => {
  expect(nextBackoff(undefined, 0, 5).seconds).toBe(5);
  expect(nextBackoff({ seconds: 20, since: 0 }, 1_000, 30).seconds).toBe(30);
});

describe('a wait', () => {
  const backoff: Backoff = { seconds: 20, since: 1_000_000 };
  const wait = (endedAt: number, now: number, until?: number) =>
    waitAfter(endedAt, { backoff, noted: until === undefined ? undefined : { endedAt, until }, now });

  it('lasts as long as the back-off, from the end on', () => {
    expect(wait(1_010_000, 1_010_500)).toBe(1_030_000);
    expect(wait(1_010_000, 1_030_000)).toBeUndefined();
  });

  it('lasts no longer where the end lies ahead, by another clock', () => {
    expect(wait(1_500_000, 1_010_000)).toBe(1_030_000);
    expect(wait(1_500_000, 1_029_999, 1_030_000)).toBe(1_030_000);
    expect(wait(1_500_000, 1_030_000, 1_030_000)).toBeUndefined();
  });

  it('is over when the clock is set back in it', () => {
    expect(wait(1_010_000, 1_009_999, 1_030_000)).toBeUndefined();
  });
});

import { expect, it } from 'vitest';
import { Pace } from './pace.ts';

const KiB = 1024;

/** Turns of `bytes` each, a millisecond apart, until one is followed by a rest. */
function turnsBeforeRest(pace: Pace, bytes: number, most = 1_000): number {
  for (let turn = 1; turn <= most; turn += 1) if (pace.restsAfter(bytes, turn)) return turn;
  return Number.POSITIVE_INFINITY;
}

it('rests when much comes a little at a time', () => {
  expect(turnsBeforeRest(new Pace(), 32 * KiB)).toBe(33);
});

it('does not rest while turns are full: more waits', () => {
  const pace = new Pace();
  expect(turnsBeforeRest(pace, 96 * KiB)).toBe(Number.POSITIVE_INFINITY);
  expect(pace.restsAfter(95 * KiB, 1_001)).toBe(true);
});

it('does not rest after answers, between which nothing comes', () => {
  const pace = new Pace();
  for (let at = 0; at < 10_000; at += 100) {
    for (let turn = 0; turn < 5; turn += 1) expect(pace.restsAfter(64 * KiB, at + turn)).toBe(false);
  }
});

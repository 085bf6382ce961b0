import { expect, it } from 'vitest';
import { ReconnectDelays } from './reconnect-delays.ts';

const atOnce = Number.NEGATIVE_INFINITY;
let time: number;
const delays = (random = 0) =>
  new ReconnectDelays({ firstMs: 250, longestMs: 2_000, now: () => time, random: () => random });

/** For how many milliseconds the next try is held off. */
function wait(of: ReconnectDelays): number {
  const since = time;
  for (let given = of.next(); given !== atOnce; given = of.next()) time += 1;
  return time - since;
}

function waitAfterFailure(of: ReconnectDelays, takesMs: number): number {
  time += takesMs;
  return wait(of);
}

it('doubles after each try that failed, however long it took, up to the longest', () => {
  time = 1_000;
  const one = delays();
  expect(wait(one)).toBe(0);
  const waits = [0, 3_000, 10, 5_000, 0].map((takesMs) => waitAfterFailure(one, takesMs));
  expect(waits).toEqual([250, 500, 1_000, 2_000, 2_000]);
  const other = delays(0.5);
  expect(wait(other)).toBe(0);
  expect([0, 0].map((takesMs) => waitAfterFailure(other, takesMs))).toEqual([300, 600]);
});

it('is counted by nats.js from the beginning of the last try, and asked for anew once it has passed', () => {
  time = 1_000;
  const one = delays();
  one.next();
  time += 3_000.4;
  expect(one.next()).toBe(3_253);
});

it('begins anew once a connection was made, which is lost for the first delay at least', () => {
  time = 1_000;
  const one = delays();
  for (let i = 0; i < 4; i++) wait(one);
  one.connected();
  time += 100;
  expect(wait(one)).toBe(150);
  expect(waitAfterFailure(one, 0)).toBe(250);
  one.connected();
  time += 60_000;
  expect(wait(one)).toBe(0);
  expect(waitAfterFailure(one, 0)).toBe(250);
});

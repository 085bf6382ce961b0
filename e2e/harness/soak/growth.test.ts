import { expect, it } from 'vitest';
import { growths, type Sample } from './growth.ts';

const tolerance = () => ({ share: 0.1, number: 2 });
const samplesOf = (name: string, values: readonly number[]): Sample[] =>
  values.map((value) => new Map([[name, value]]));
const judged = (...values: number[]) => growths(samplesOf('fds', values), tolerance)[0];

it('finds what grows from half to half', () => {
  expect(judged(20, 22, 30, 33, 36, 39, 42, 45)).toEqual({ name: 'fds', from: 33, to: 42, leaks: true });
});

it('does not take a peak, the first third or what chance may bring for a leak', () => {
  expect(judged(20, 25, 90, 31, 30, 30)?.leaks).toBe(false);
  expect(judged(5, 9, 30, 30, 31, 30)?.leaks).toBe(false);
  expect(judged(30, 30, 30, 30, 35, 35)?.leaks).toBe(false);
  expect(judged(30, 30, 30, 30, 36, 36)?.leaks).toBe(true);
});

it('counts what was not there as none', () => {
  const samples = [new Map(), new Map(), new Map([['keys', 9]])];
  expect(growths(samples, tolerance)).toEqual([{ name: 'keys', from: 0, to: 9, leaks: true }]);
});

it('says nothing of a run that was too short', () => {
  expect(growths(samplesOf('fds', [1, 100]), tolerance)).toEqual([]);
});

import { expect, it } from 'vitest';
import { humanDuration, labelsCell, since } from './columns.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

it('tells durations in two units at most', () => {
  const table: [number, string][] = [
    [-2 * second, '<invalid>'],
    [-second, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [2 * minute + 5 * second, '2m5s'],
    [10 * minute + 5 * second, '10m'],
    [179 * minute, '179m'],
    [3 * hour + 20 * minute, '3h20m'],
    [8 * hour + 20 * minute, '8h'],
    [47 * hour, '47h'],
    [2 * day + 3 * hour, '2d3h'],
    [8 * day + 3 * hour, '8d'],
    [729 * day, '729d'],
    [730 * day, '2y'],
    [800 * day, '2y70d'],
    [9 * 365 * day + day, '9y'],
  ];
  for (const [milliseconds, expected] of table) expect(humanDuration(milliseconds)).toBe(expected);
});

it('does not guess times that are not there', () => {
  expect(since(undefined, new Date())).toBe('<unknown>');
  expect(since(null, new Date())).toBe('<unknown>');
  expect(labelsCell(undefined)).toBe('<none>');
  expect(labelsCell({ b: '2', a: '1' })).toBe('a=1,b=2');
});

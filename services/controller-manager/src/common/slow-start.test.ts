import { expect, it } from 'vitest';
import { slowStart } from './slow-start.ts';

const items = Array.from({ length: 20 }, (_, index) => index);

async function roundsUntil(bad: number, first?: number): Promise<number[][]> {
  const rounds: number[][] = [];
  const round = async (some: readonly number[]) => {
    rounds.push([...some]);
    return some.map((item) => item !== bad);
  };
  await slowStart(items, round, (ok) => !ok, first);
  return rounds;
}

it('doubles from round to round', async () => {
  expect((await roundsUntil(-1)).map((round) => round.length)).toEqual([1, 2, 4, 8, 5]);
});

it('begins with as many as it is told', async () => {
  expect((await roundsUntil(-1, 12)).map((round) => round.length)).toEqual([12, 8]);
  expect((await roundsUntil(3, 12)).map((round) => round.length)).toEqual([12]);
});

it('stops after the round that had a failure', async () => {
  expect((await roundsUntil(4)).map((round) => round.length)).toEqual([1, 2, 4]);
});

it('ends when a round has no results', async () => {
  expect(await slowStart(items, async () => [], Boolean)).toEqual([]);
});

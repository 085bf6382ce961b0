import { expect, it } from 'vitest';
import { followForever } from './follower.ts';

const none = (): void => undefined;

it('follows again after a failure, waiting longer after each in a row', async () => {
  const attempts: number[] = [];
  const failed: unknown[] = [];
  const { promise: atLast, resolve } = Promise.withResolvers<void>();
  let rounds = 0;
  const feed = followForever(
    async (signal, succeeded) => {
      rounds += 1;
      if (rounds === 3) succeeded();
      if (rounds < 5) throw new Error(`round ${rounds}`);
      resolve();
      await new Promise((end) => signal.addEventListener('abort', end));
    },
    none,
    { onError: (error) => failed.push(String(error)), backoffMs: (attempt) => attempts.push(attempt) && 0 },
  );
  await atLast;
  await feed.stop();
  expect(attempts).toEqual([1, 2, 1, 2]);
  expect(failed).toEqual([1, 2, 3, 4].map((round) => `Error: round ${round}`));
});

it('tells nobody of a round that was cut off because it is stopped', async () => {
  const failed: unknown[] = [];
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const feed = followForever(
    (signal) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('cut off')));
        resolve();
      }),
    none,
    { onError: (error) => failed.push(error) },
  );
  await begun;
  await feed.stop();
  expect(failed).toEqual([]);
});

import { expect, it } from 'vitest';
import { type Called, CommitQueue } from './commit-queue.ts';

/** A script whose answers come when the test says so. */
function setUp() {
  const calls: { operations: string[]; answer(): void; fail(error: Error): void }[] = [];
  const queue = new CommitQueue(
    (operations) => {
      const { promise, resolve, reject } = Promise.withResolvers<Called>();
      const names = operations.map(({ args: [name] }) => String(name));
      const answer = () => resolve({ commit: 'c', results: names.map((name) => [0, Number(name.slice(1))]) });
      calls.push({ operations: names, answer, fail: reject });
      return promise;
    },
    { calls: 2, beside: 2, few: 4, most: 8 },
  );
  const commit = async (...names: string[]) =>
    (await queue.commit(names.map((name) => ({ args: [name], until: 0 })))).results;
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { calls, commit, turn };
}

it('sends a commit at once when few are under way, and those of one turn together', async () => {
  const { calls, commit, turn } = setUp();
  const first = commit('a1');
  const second = commit('a2', 'a3');
  await turn();
  expect(calls.map((call) => call.operations)).toEqual([['a1', 'a2', 'a3']]);
  calls[0]?.answer();
  expect(await first).toEqual([[0, 1]]);
  expect(await second).toEqual([
    [0, 2],
    [0, 3],
  ]);
});

it('puts what waits into the next call, up to its size', async () => {
  const { calls, commit, turn } = setUp();
  const all = [];
  for (let i = 1; i <= 9; i++) {
    all.push(commit(`a${i}`));
    await turn();
  }
  expect(calls.map((call) => call.operations)).toEqual([['a1'], ['a2', 'a3']]);
  calls[0]?.answer();
  await turn();
  expect(calls[2]?.operations).toEqual(['a4', 'a5', 'a6', 'a7']);
  for (const call of calls) call.answer();
  await turn();
  calls[3]?.answer();
  expect((await Promise.all(all)).map(([result]) => result?.[1])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(calls).toHaveLength(4);
});

it('puts half of what waits into a call where that is more, up to what Redis may take at once', async () => {
  const { calls, commit, turn } = setUp();
  const many = (count: number) => {
    for (let i = 1; i <= count; i++) void commit(`a${i}`);
    return turn();
  };
  await many(1);
  await many(2);
  await many(12);
  calls[0]?.answer();
  await turn();
  await many(14);
  calls[1]?.answer();
  await turn();
  expect(calls.map((call) => call.operations.length)).toEqual([1, 2, 6, 8]);
});

it('has what is not worth a call of its own wait for the one that is under way', async () => {
  const { calls, commit, turn } = setUp();
  void commit('a1');
  await turn();
  const second = commit('a2');
  await turn();
  expect(calls.map((call) => call.operations)).toEqual([['a1']]);
  calls[0]?.answer();
  await turn();
  calls[1]?.answer();
  expect(await second).toEqual([[0, 2]]);
});

it('never cuts a commit in two, however large', async () => {
  const { calls, commit, turn } = setUp();
  void commit('a1', 'a2', 'a3');
  void commit('b1', 'b2', 'b3', 'b4', 'b5', 'b6');
  await turn();
  expect(calls.map((call) => call.operations)).toEqual([
    ['a1', 'a2', 'a3'],
    ['b1', 'b2', 'b3', 'b4', 'b5', 'b6'],
  ]);
});

it('tells all whose call failed, and goes on', async () => {
  const { calls, commit, turn } = setUp();
  const failing = [commit('a1'), commit('a2')];
  await turn();
  calls[0]?.fail(new Error('away'));
  expect((await Promise.allSettled(failing)).map((end) => end.status)).toEqual(['rejected', 'rejected']);
  const next = commit('a3');
  await turn();
  calls[1]?.answer();
  expect(await next).toEqual([[0, 3]]);
});

import { eventually } from '@kubus/testkit';
import { expect, it } from 'vitest';
import { KeyInbox, type KeyInboxOptions } from './key-inbox.ts';

/** Additions that end when they are told to, and what was in them. */
function inboxOf(options: Partial<KeyInboxOptions> = {}) {
  const added: string[][] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const errors: unknown[] = [];
  const inbox = new KeyInbox({
    add: (keys) => {
      added.push(keys.map(({ name }) => name));
      const end = Promise.withResolvers<void>();
      ends.push(end);
      return end.promise;
    },
    onError: (error) => errors.push(error),
    retryMs: 1,
    ...options,
  });
  const put = (...names: string[]) => inbox.put(names.map((name) => ({ namespace: 'a', name })));
  return { inbox, put, added, ends, errors };
}

it('adds what one turn brings together, and each key once for all changes that come while others are added', async () => {
  const { inbox, put, added, ends } = inboxOf();
  put('x');
  put('x', 'y');
  await eventually(() => expect(added).toEqual([['x', 'y']]));
  for (let i = 0; i < 1_000; i++) put('x', 'z');
  expect(inbox.size).toBe(2);
  ends[0]?.resolve();
  await eventually(() =>
    expect(added).toEqual([
      ['x', 'y'],
      ['x', 'z'],
    ]),
  );
  ends[1]?.resolve();
  await eventually(() => expect(inbox.lagMs).toBe(0));
  put('x');
  await eventually(() => expect(added).toHaveLength(3));
});

it('adds again what could not be added, with what has come since', async () => {
  const { put, added, ends, errors } = inboxOf();
  put('x');
  await eventually(() => expect(ends).toHaveLength(1));
  put('y');
  ends[0]?.reject(new Error('no'));
  await eventually(() => expect(added).toEqual([['x'], ['y', 'x']]));
  expect(errors).toEqual([new Error('no')]);
});

it('adds again what takes for ever', async () => {
  const { inbox, put, added, ends, errors } = inboxOf({ patienceMs: 20 });
  put('x');
  await eventually(() => expect(ends.length).toBeGreaterThan(1));
  expect(errors.length).toBeGreaterThan(0);
  expect(added.slice(0, 2)).toEqual([['x'], ['x']]);
  await inbox.close(0);
});

it('says for how long the oldest change has waited', async () => {
  let now = 0;
  const { inbox, put, ends } = inboxOf({ now: () => now });
  put('x');
  await eventually(() => expect(ends).toHaveLength(1));
  now = 5;
  put('y');
  expect(inbox.lagMs).toBe(5);
  ends[0]?.resolve();
  await eventually(() => expect(ends).toHaveLength(2));
  now = 7;
  expect(inbox.lagMs).toBeLessThanOrEqual(7);
  ends[1]?.resolve();
  await eventually(() => expect(inbox.lagMs).toBe(0));
});

it('adds many keys in portions', async () => {
  const { put, added, ends } = inboxOf();
  put(...Array.from({ length: 1_200 }, (_, i) => `k${i}`));
  for (let i = 0; i < 3; i++) {
    await eventually(() => expect(ends).toHaveLength(i + 1));
    ends[i]?.resolve();
  }
  expect(added.map(({ length }) => length)).toEqual([500, 500, 200]);
});

it('waits at its end for what has to be added, and gives up what takes too long', async () => {
  const patient = inboxOf();
  patient.put('x');
  const closed = patient.inbox.close(60_000);
  await eventually(() => expect(patient.ends).toHaveLength(1));
  patient.ends[0]?.resolve();
  await closed;
  patient.put('y');
  expect(patient.inbox.size).toBe(0);

  const stuck = inboxOf();
  stuck.put('x');
  await stuck.inbox.close(1);
  expect(stuck.inbox.size).toBe(0);
});

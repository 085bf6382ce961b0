import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Fence, LostRun } from './fence.ts';

let now = 1_000;
const fence = new Fence({ mostMs: 4_000, now: () => now });
afterEach(() => {
  now += 3_000;
  fence.enter(new AbortController().signal, () => undefined);
});

const signal = () => new AbortController().signal;

describe('a run', () => {
  it('writes while its process is awake, however long it takes', async () => {
    await fence.enter(signal(), async () => {
      for (let i = 0; i < 10; i++) {
        await setImmediate();
        now += 3_000;
        expect(() => fence.check()).not.toThrow();
      }
    });
  });

  it('writes no more after its process stood still, while the next one does', async () => {
    await fence.enter(signal(), async () => {
      await setImmediate();
      now += 4_001;
      expect(() => fence.check()).toThrow(LostRun);
      await setImmediate();
      expect(() => fence.check()).toThrow(LostRun);
      fence.enter(signal(), () => expect(() => fence.check()).not.toThrow());
    });
  });

  it('writes no more when it was aborted', async () => {
    const abort = new AbortController();
    await fence.enter(abort.signal, async () => {
      await setImmediate();
      abort.abort();
      expect(() => fence.check()).toThrow(LostRun);
    });
  });

  it('does not concern what is written outside of runs', () => {
    now += 100_000;
    expect(() => fence.check()).not.toThrow();
  });
});

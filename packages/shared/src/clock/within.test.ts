import { expect, it, vi } from 'vitest';
import { within } from './within.ts';

const never = new Promise<string>(() => undefined);

it('gives what the work comes to, and leaves no timer behind', async () => {
  vi.useFakeTimers();
  try {
    expect(await within(1_000, Promise.resolve('done'))).toBe('done');
    await expect(within(1_000, Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

it('gives up when the time is over: undefined, or what the caller says', async () => {
  expect(await within(1, never)).toBeUndefined();
  expect(await within(1, never, () => 'late')).toBe('late');
  const tooSlow = () => {
    throw new Error('too slow');
  };
  await expect(within(1, never, tooSlow)).rejects.toThrow('too slow');
});

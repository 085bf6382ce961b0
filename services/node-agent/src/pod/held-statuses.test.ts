import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeldStatuses } from './held-statuses.ts';

let gone: string[];
let held: HeldStatuses<string>;

beforeEach(() => {
  vi.useFakeTimers();
  gone = [];
  held = new HeldStatuses({ holdMs: 100, longHoldMs: 500 }, (uid, status) => gone.push(`${uid} ${status}`));
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a status that is held', () => {
  it('goes after its time', () => {
    held.hold('a', 'seen', false);
    vi.advanceTimersByTime(99);
    expect(gone).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(gone).toEqual(['a seen']);
  });

  it('goes at the time of the one before it', () => {
    held.hold('a', 'seen', false);
    vi.advanceTimersByTime(60);
    held.hold('a', 'has an address', false);
    vi.advanceTimersByTime(40);
    expect(gone).toEqual(['a has an address']);
  });

  it('goes on time behind one that came before it and stays longer', () => {
    held.hold('ends', 'is told to', true);
    vi.advanceTimersByTime(70);
    held.hold('a', 'seen', false);
    vi.advanceTimersByTime(100);
    expect(gone).toEqual(['a seen']);
    vi.advanceTimersByTime(330);
    expect(gone).toEqual(['a seen', 'ends is told to']);
  });

  it('stays longer when many are held, also when they have become fewer', () => {
    const all = ['a', 'b', 'c', 'd'];
    for (const uid of all) held.hold(uid, 'seen', false);
    vi.advanceTimersByTime(100);
    for (const uid of ['b', 'c', 'd']) held.forget(uid);
    vi.advanceTimersByTime(399);
    expect(gone).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(gone).toEqual(['a seen']);
  });

  it('goes at the end, and none is held after it', () => {
    held.hold('a', 'seen', true);
    held.stop();
    held.hold('b', 'seen', false);
    expect(gone).toEqual(['a seen']);
    expect(held.get('b')).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });
});

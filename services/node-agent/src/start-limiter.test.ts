import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type StartLimiter, startLimiter, type Urgency } from './start-limiter.ts';

describe('a limiter of starts', () => {
  let limit: StartLimiter;
  let begun: string[];
  let ends: Map<string, () => void>;
  const begin = (urgency: Urgency, name: string) => {
    void limit(urgency, () => {
      begun.push(name);
      return new Promise<void>((resolve) => ends.set(name, resolve));
    });
  };
  const end = async (name: string) => {
    ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    limit = startLimiter({ most: 4, mostKept: 10, longestKeptMs: 30_000, quietMs: 500 });
    begun = [];
    ends = new Map();
  });

  afterEach(() => void vi.useRealTimers());

  it('completes pods before it begins others', async () => {
    for (const name of ['s1', 's2', 's3', 's4', 's5', 's6']) begin('sandbox', name);
    begin('container', 'c1');
    await settle();
    expect(begun).toEqual(['s1', 's2', 's3', 's4']);
    await end('s1');
    expect(begun.at(-1)).toBe('c1');
    await end('s2');
    expect(begun.at(-1)).toBe('s5');
  });

  const pass = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms);
    await settle();
  };
  const removals = (count: number) => Array.from({ length: count }, (_, i) => `r${i + 1}`);

  it('removes at once, as much as is allowed, when nothing starts', async () => {
    for (const name of removals(6)) begin('removal', name);
    await settle();
    expect(begun).toEqual(removals(4));
  });

  it('puts removals off while something starts and shortly after, but not those that a pod waits for', async () => {
    begin('sandbox', 's1');
    for (const name of removals(6)) begin('removal', name);
    begin('ending', 'e1');
    await pass(10_000);
    expect(begun).toEqual(['s1', 'e1']);
    await end('e1');
    await end('s1');
    await pass(499);
    expect(begun).toEqual(['s1', 'e1']);
    begin('container', 'c1');
    await pass(400);
    await end('c1');
    await pass(499);
    expect(begun).toEqual(['s1', 'e1', 'c1']);
    await pass(1);
    expect(begun).toEqual(['s1', 'e1', 'c1', ...removals(4)]);
  });

  it('removes one by one what has waited for longest', async () => {
    begin('sandbox', 's1');
    begin('removal', 'r1');
    await pass(20_000);
    begin('removal', 'r2');
    begin('removal', 'r3');
    await pass(9_999);
    expect(begun).toEqual(['s1']);
    await pass(1);
    expect(begun).toEqual(['s1', 'r1']);
    await end('r1');
    await pass(20_000);
    expect(begun).toEqual(['s1', 'r1', 'r2']);
    await end('r2');
    expect(begun).toEqual(['s1', 'r1', 'r2', 'r3']);
  });

  it('removes the more beside starts the more has come together', async () => {
    begin('sandbox', 's1');
    for (const name of removals(9)) begin('removal', name);
    await settle();
    expect(begun).toEqual(['s1']);
    begin('removal', 'r10');
    await settle();
    expect(begun).toEqual(['s1', 'r1']);
    await end('r1');
    expect(begun).toEqual(['s1', 'r1']);
    for (let i = 11; i <= 22; i++) begin('removal', `r${i}`);
    await settle();
    expect(begun).toEqual(['s1', 'r1', 'r2', 'r3']);
  });

  it('gives a place back also when the work fails', async () => {
    for (let i = 0; i < 4; i++)
      await expect(limit('container', () => Promise.reject(new Error('no')))).rejects.toThrow();
    begin('container', 'c1');
    await settle();
    expect(begun).toEqual(['c1']);
  });
});

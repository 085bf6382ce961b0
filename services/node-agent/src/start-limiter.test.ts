import { beforeEach, describe, expect, it } from 'vitest';
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
    limit = startLimiter(5);
    begun = [];
    ends = new Map();
  });

  it('completes pods before it begins others', async () => {
    for (const name of ['s1', 's2', 's3', 's4', 's5', 's6', 's7']) begin('sandbox', name);
    begin('container', 'c1');
    await settle();
    expect(begun).toEqual(['s1', 's2', 's3', 's4', 's5']);
    await end('s1');
    expect(begun.at(-1)).toBe('c1');
    await end('s2');
    expect(begun.at(-1)).toBe('s6');
  });

  it('removes one by one while something starts, and four at once when nothing does', async () => {
    begin('sandbox', 's1');
    for (const name of ['r1', 'r2', 'r3', 'r4', 'r5', 'r6']) begin('removal', name);
    await settle();
    expect(begun).toEqual(['s1', 'r1']);
    await end('r1');
    expect(begun).toEqual(['s1', 'r1', 'r2']);
    await end('s1');
    expect(begun).toEqual(['s1', 'r1', 'r2', 'r3', 'r4', 'r5']);
  });

  it('gives a place back also when the work fails', async () => {
    for (let i = 0; i < 5; i++)
      await expect(limit('container', () => Promise.reject(new Error('no')))).rejects.toThrow();
    begin('container', 'c1');
    await settle();
    expect(begun).toEqual(['c1']);
  });
});

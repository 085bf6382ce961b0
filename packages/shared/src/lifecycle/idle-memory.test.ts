import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { IdleMemory } from './idle-memory.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const mib = 2 ** 20;

/** A process whose use of the CPU and heap are made up. */
function process() {
  const now = { cpu: 0, young: 30 * mib, old: 20 * mib, used: 0, collected: 0, youngCollected: 0 };
  const memory = new IdleMemory({
    cpu: () => now.cpu,
    young: () => now.young,
    youngUsed: () => now.used,
    heap: () => now.young + now.old,
    collect: () => {
      now.collected++;
      [now.young, now.old] = [mib, 20 * mib];
    },
    collectYoung: () => {
      now.youngCollected++;
      now.used = 0;
    },
  });
  return { now, memory };
}

it('collects when a busy process has been idle for a minute, and not again while there is nothing to give back', () => {
  const { now, memory } = process();
  for (const work of [10_000, 100, 100, 100, 500, 100, 100, 100]) {
    now.cpu += work;
    vi.advanceTimersByTime(15_000);
  }
  expect(now.collected).toBe(0);
  now.cpu += 100;
  vi.advanceTimersByTime(15_000);
  expect(now.collected).toBe(1);
  vi.advanceTimersByTime(600_000);
  expect(now.collected).toBe(1);
  now.old += 5 * mib;
  vi.advanceTimersByTime(15_000);
  expect(now.collected).toBe(1);
  now.old += 5 * mib;
  vi.advanceTimersByTime(15_000);
  expect(now.collected).toBe(2);
  now.young = 30 * mib;
  memory.stop();
  vi.advanceTimersByTime(600_000);
  expect(now.collected).toBe(2);
});

it('stands still for a collection no oftener than every two minutes, whatever it grows by', () => {
  const { now, memory } = process();
  for (let i = 0; i < 4 * 15; i++) {
    now.young = 30 * mib;
    vi.advanceTimersByTime(15_000);
  }
  expect(now.collected).toBe(8);
  memory.stop();
});

it('collects the young generation alone, in between, when some of it is in use and the process is idle', () => {
  const { now, memory } = process();
  now.cpu += 10_000;
  now.used = 4 * mib;
  vi.advanceTimersByTime(60_000);
  expect([now.collected, now.youngCollected]).toEqual([0, 0]);
  vi.advanceTimersByTime(15_000);
  expect([now.collected, now.youngCollected]).toEqual([1, 0]);
  vi.advanceTimersByTime(60_000);
  expect([now.collected, now.youngCollected]).toEqual([1, 1]);
  now.used = 2 * mib;
  vi.advanceTimersByTime(60_000);
  expect([now.collected, now.youngCollected]).toEqual([1, 1]);
  memory.stop();
});

it('makes the young generation of this process small again', async () => {
  const { getHeapSpaceStatistics } = await import('node:v8');
  const size = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.physical_space_size;
  const kept: object[] = [];
  for (let i = 0; i < 2_000_000; i++) kept[i % 200_000] = { i };
  kept.length = 0;
  const before = size() ?? 0;
  const memory = new IdleMemory();
  vi.advanceTimersByTime(90_000);
  memory.stop();
  expect(before).toBeGreaterThan(3 * 2 ** 20);
  expect(size()).toBeLessThan(3 * 2 ** 20);
});

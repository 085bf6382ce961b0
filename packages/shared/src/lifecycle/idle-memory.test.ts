import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { IdleMemory } from './idle-memory.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('collects once a busy process has become idle, and not again while there is nothing to give back', () => {
  let [cpu, young, old, collected] = [0, 30 * 2 ** 20, 0, 0];
  const collect = () => {
    collected++;
    [young, old] = [2 ** 20, 20 * 2 ** 20];
  };
  const memory = new IdleMemory({ cpu: () => cpu, young: () => young, heap: () => young + old, collect });
  cpu += 10_000;
  vi.advanceTimersByTime(15_000);
  expect(collected).toBe(0);
  cpu += 100;
  vi.advanceTimersByTime(15_000);
  expect(collected).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(collected).toBe(1);
  old += 10 * 2 ** 20;
  vi.advanceTimersByTime(15_000);
  expect(collected).toBe(1);
  old += 10 * 2 ** 20;
  vi.advanceTimersByTime(15_000);
  expect(collected).toBe(2);
  young = 30 * 2 ** 20;
  memory.stop();
  vi.advanceTimersByTime(60_000);
  expect(collected).toBe(2);
});

it('makes the young generation of this process small again', async () => {
  const { getHeapSpaceStatistics } = await import('node:v8');
  const size = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.physical_space_size;
  const kept: object[] = [];
  for (let i = 0; i < 2_000_000; i++) kept[i % 200_000] = { i };
  kept.length = 0;
  const before = size() ?? 0;
  const memory = new IdleMemory();
  vi.advanceTimersByTime(15_000);
  vi.advanceTimersByTime(15_000);
  memory.stop();
  expect(before).toBeGreaterThan(3 * 2 ** 20);
  expect(size()).toBeLessThan(3 * 2 ** 20);
});

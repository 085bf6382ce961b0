import type { Informer } from '@kubus/shared/informer';
import type { Lease, Node } from '@kubus/shared/schema';
import { expect, it } from 'vitest';
import { Heartbeats } from './heartbeats.ts';

it.each([3_600_000, -3_600_000])('no node is silent because the clock was set by %i ms', (set) => {
  let date = Date.UTC(2026, 0, 1);
  let passed = 0;
  const nothing = { onChange: () => () => undefined };
  const clock = { now: () => date, monotonic: () => passed };
  const heartbeats = new Heartbeats(nothing as unknown as Informer<Node>, nothing as unknown as Informer<Lease>, clock);
  expect(heartbeats.lastSeen('n')).toBe(date);
  passed += 10_000;
  date += 10_000 + set;
  expect(date - heartbeats.lastSeen('n')).toBe(10_000);
});

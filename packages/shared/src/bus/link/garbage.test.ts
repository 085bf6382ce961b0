import { constants, PerformanceObserver } from 'node:perf_hooks';
import { eventually } from '@kubus/testkit';
import { expect, it } from 'vitest';
import { Link } from './link.ts';

const { NODE_PERFORMANCE_GC_MAJOR, NODE_PERFORMANCE_GC_MINOR } = constants;

it('much data passes a link without its buffers making V8 mark the whole heap', async () => {
  const passes = new Map<number, number>();
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as unknown as { detail: { kind: number } }).detail;
      passes.set(kind, (passes.get(kind) ?? 0) + 1);
    }
  });
  const side = (other: () => Link): Link =>
    new Link({ publish: (bytes) => queueMicrotask(() => other().receive(bytes)), release: () => undefined });
  const a: Link = side(() => b);
  const b: Link = side(() => a);
  const piece = Buffer.alloc(64 * 1024);
  const sending = (async () => {
    for (let sent = 0; sent < 512 * 2 ** 20; sent += piece.length) await a.send(0, piece);
    await a.close();
  })();
  observer.observe({ entryTypes: ['gc'] });
  for await (const _ of b.incoming);
  await sending;
  await eventually(() => expect(passes.get(NODE_PERFORMANCE_GC_MINOR)).toBeGreaterThan(100));
  observer.disconnect();
  expect(passes.get(NODE_PERFORMANCE_GC_MAJOR) ?? 0).toBeLessThan(4);
});

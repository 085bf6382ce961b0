import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { machineMemory } from './machine-memory.ts';

let dir: string;
let paths: { meminfo: string; hugePages: string };
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-memory-'));
  paths = { meminfo: join(dir, 'meminfo'), hugePages: join(dir, 'hugepages') };
  await writeFile(paths.meminfo, 'MemTotal:        1024 kB\nMemFree:          10 kB\nSwapTotal:        512 kB\n');
  for (const [size, pages] of [['1048576kB', 1] as const, ['2048kB', 3] as const, ['64kB', 0] as const]) {
    await mkdir(join(paths.hugePages, `hugepages-${size}`), { recursive: true });
    await writeFile(join(paths.hugePages, `hugepages-${size}`, 'nr_hugepages'), `${pages}\n`);
  }
});
afterEach(() => rm(dir, { recursive: true }));

it('tells of swap, and of huge pages by size, also of sizes of which there are none', async () => {
  const found = await machineMemory(2 ** 20, paths);
  expect(found?.swapBytes).toBe(2 ** 19);
  expect([...(found?.hugePages ?? [])]).toEqual([
    ['hugepages-64Ki', 0],
    ['hugepages-2Mi', 6 * 2 ** 20],
    ['hugepages-1Gi', 2 ** 30],
  ]);
});

it('tells nothing of another machine than that of the engine, nor where the kernel tells nothing', async () => {
  expect(await machineMemory(2 ** 21, paths)).toBe(undefined);
  expect(await machineMemory(2 ** 20, { ...paths, meminfo: join(dir, 'none') })).toBe(undefined);
  const bare = await machineMemory(2 ** 20, { ...paths, hugePages: join(dir, 'none') });
  expect(bare).toEqual({ swapBytes: 2 ** 19, hugePages: new Map() });
});

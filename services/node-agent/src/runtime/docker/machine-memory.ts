import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatQuantity } from '@kubus/shared/object';

export interface MachineMemory {
  swapBytes: number;
  /** Bytes set aside by resource, such as hugepages-2Mi; sizes of which there are none too. */
  hugePages: ReadonlyMap<string, number>;
}

/** What the kernel says beside what an engine tells; undefined unless this is the engine's machine, which has `totalBytes` of memory. */
export async function machineMemory(
  totalBytes: number,
  { meminfo = '/proc/meminfo', hugePages = '/sys/kernel/mm/hugepages' } = {},
): Promise<MachineMemory | undefined> {
  const text = await readFile(meminfo, 'utf8').catch(() => '');
  const bytesOf = (name: string) =>
    1024 * Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1] ?? Number.NaN);
  if (bytesOf('MemTotal') !== totalBytes) return undefined;
  return { swapBytes: bytesOf('SwapTotal') || 0, hugePages: new Map(await pagesIn(hugePages)) };
}

/** Of each size a folder, as `hugepages-2048kB`, with the number of pages. */
async function pagesIn(dir: string): Promise<[string, number][]> {
  const sizes = (await readdir(dir).catch(() => [])).flatMap((name) => {
    const size = /^hugepages-(\d+)kB$/.exec(name)?.[1];
    return size === undefined ? [] : [{ name, bytes: Number(size) * 1024 }];
  });
  return Promise.all(
    sizes
      .toSorted((a, b) => a.bytes - b.bytes)
      .map(async ({ name, bytes }): Promise<[string, number]> => {
        const pages = Number((await readFile(join(dir, name, 'nr_hugepages'), 'utf8').catch(() => '0')).trim());
        const size = formatQuantity({ nano: BigInt(bytes) * 1_000_000_000n, format: 'BinarySI' });
        return [`hugepages-${size}`, pages * bytes];
      }),
  );
}

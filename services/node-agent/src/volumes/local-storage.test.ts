import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from '@kubus/shared/schema';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildPod, container, silent } from '../../test/rig.ts';
import type { Doom } from '../pod/doom.ts';
import { localStorageExcess, measuredVolumes } from './local-storage.ts';
import { StorageWatch } from './storage-watch.ts';

const limits = (storage: string) => ({ resources: { limits: { 'ephemeral-storage': storage } } });
const podOf = (storages: string[], sizeLimit?: string) =>
  buildPod('web', {
    volumes: [{ name: 'work', emptyDir: sizeLimit === undefined ? {} : { sizeLimit } }],
    containers: storages.map((storage, i) => container(`c${i}`, 'run', storage === '' ? {} : limits(storage))),
  });
const excess = (pod: Pod, volume: number, ...containers: number[]) =>
  localStorageExcess(pod, {
    volumes: new Map([['work', volume]]),
    containers: new Map(containers.map((bytes, i) => [`c${i}`, bytes])),
  });

describe('a pod exceeds its local storage', () => {
  it('by the size of a volume', () => {
    expect(excess(podOf([''], '1Ki'), 1024)).toBeUndefined();
    expect(excess(podOf([''], '1Ki'), 1025)).toBe('Usage of EmptyDir volume "work" exceeds the limit "1Ki". ');
  });

  it('by all of it, when every container has a limit', () => {
    const message = 'Pod ephemeral local storage usage exceeds the total limit of containers 3072. ';
    expect(excess(podOf(['1Ki', '2Ki']), 2000, 500, 573)).toBe(message);
    expect(excess(podOf(['1Ki', '2Ki']), 2000, 500, 572)).toBeUndefined();
    expect(excess(podOf(['1Ki', '']), 9000, 500, 9000)).toBeUndefined();
  });

  it('by what one container writes', () => {
    const message = 'Container c0 exceeded its local ephemeral storage limit "1Ki". ';
    expect(excess(podOf(['1Ki', '']), 0, 1025, 0)).toBe(message);
  });

  it('only where there is a limit: other volumes are not even measured', () => {
    expect(measuredVolumes(podOf(['']))).toEqual([]);
    expect(measuredVolumes(podOf([''], '1Ki')).map(({ name }) => name)).toEqual(['work']);
    expect(measuredVolumes(podOf(['1Ki'])).map(({ name }) => name)).toEqual(['work']);
    expect(excess(podOf(['']), 1e12, 1e12)).toBeUndefined();
  });
});

describe('the watch', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'kubus-storage-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('evicts who has written too much, and nobody else', async () => {
    const evicted: [string, Doom][] = [];
    const pods = ['small', 'large'].map((name) =>
      buildPod(name, { volumes: [{ name: 'work', emptyDir: { sizeLimit: '64Ki' } }] }),
    );
    for (const { metadata } of pods) await mkdir(join(dir, metadata.name));
    await writeFile(join(dir, 'large', 'file'), Buffer.alloc(100_000, 1));
    const watch = new StorageWatch({
      pods: () => pods,
      path: (pod) => join(dir, pod.metadata.name),
      containers: async () => [],
      writtenBytes: async () => new Map(),
      evict: (pod, doom) => void evicted.push([pod.metadata.name, doom]),
      log: silent,
    });
    await watch.look();
    const message = 'Usage of EmptyDir volume "work" exceeds the limit "64Ki". ';
    expect(evicted).toEqual([
      [
        'large',
        { reason: 'Evicted', message, graceSeconds: 1, disruption: { reason: 'TerminationByKubelet', message } },
      ],
    ]);
  });
});

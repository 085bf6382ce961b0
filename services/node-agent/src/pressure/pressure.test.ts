import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from '@kubus/shared/schema';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { buildPod, container } from '../../test/rig.ts';
import type { Doom } from '../pod/doom.ts';
import { ImageCollector } from './image-collector.ts';
import { openImageLedger } from './image-ledger.ts';
import { PressureMonitor, type PressureMonitorOptions } from './monitor.ts';
import { rank, refusedUnderPressure } from './rank.ts';
import { readSignals } from './signals.ts';
import {
  evictionThresholds,
  limitOf,
  parseBySignal,
  parseThresholds,
  type SignalName,
  type Signals,
} from './thresholds.ts';

const log = pino({ level: 'silent' });
const mebi = 2 ** 20;

/** A pod that asks for so many MiB of memory. */
const pod = (name: string, request: number, priority = 0, more: Partial<Pod['metadata']> = {}): Pod => {
  const resources = request === 0 ? {} : { resources: { requests: { memory: `${request}Mi` } } };
  const built = buildPod(name, { priority, containers: [container('main', 'run', resources)] });
  return { ...built, metadata: { ...built.metadata, ...more } };
};
const using = (name: string, used: number, request: number, priority = 0, more: Partial<Pod['metadata']> = {}) => ({
  pod: pod(name, request, priority, more),
  usage: new Map([['main', used * mebi]]),
});

const signalsOf = (name: SignalName, available: number, capacity: number): Signals =>
  new Map([[name, { available, capacity }]]);

describe('thresholds', () => {
  it('are amounts or shares', () => {
    const [memory, disk] = parseThresholds('memory.available<100Mi,nodefs.available<10%');
    expect(memory?.limit(0)).toBe(100 * mebi);
    expect(disk?.limit(1000)).toBe(100);
    expect(parseThresholds('')).toEqual([]);
  });

  it.each(['memory<1', 'memory.available', 'nodefs.available<110%', 'memory.available<x'])('are not %s', (text) => {
    expect(() => parseThresholds(text)).toThrow();
  });

  it('are held against what the machine really has', async () => {
    const signals = await readSignals(tmpdir());
    expect(signals.get('memory.available')?.capacity).toBeGreaterThan(0);
    expect(signals.get('nodefs.available')?.available).toBeGreaterThan(0);
  });
});

it('a soft threshold needs a grace period', () => {
  const soft = parseThresholds('memory.available<100Mi');
  const others = { hard: [], softGrace: new Map(), minimumReclaim: new Map() };
  expect(() => evictionThresholds({ soft, ...others })).toThrow(
    'grace period must be specified for the soft eviction threshold memory.available',
  );
  expect(() => parseBySignal('memory.available', Number)).toThrow();
  expect(() => parseBySignal('memory=1', Number)).toThrow();
});

describe('the order in which pods go', () => {
  const order = (...candidates: ReturnType<typeof using>[]) =>
    rank(candidates, 'memory').map(({ pod: { metadata } }) => metadata.name);

  it('begins with those over their request, then the lesser priority, then the most over it', () => {
    expect(
      order(using('within', 90, 100), using('much', 90, 10), using('little', 20, 10), using('precious', 500, 10, 100)),
    ).toEqual(['much', 'little', 'precious', 'within']);
  });

  it('leaves out what is critical, of the node itself, or on its way out', () => {
    expect(
      order(
        using('critical', 90, 10, 2_000_001_000),
        using('cluster', 90, 10, 2_000_000_000),
        using('static', 90, 10, 0, { uid: '0123456789abcdef0123456789abcdef' }),
        using('leaving', 90, 10, 0, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
        using('other', 1, 10),
      ),
    ).toEqual(['other']);
  });
});

describe('a node under pressure', () => {
  const monitored = (more: Partial<PressureMonitorOptions>) => {
    const evicted: [string, Doom][] = [];
    const clock = { now: 1_000_000 };
    const monitor = new PressureMonitor({
      thresholds: parseThresholds('memory.available<100Mi,nodefs.available<10%'),
      signals: async () => signalsOf('memory.available', 50 * mebi, 1000 * mebi),
      pods: () => [pod('small', 100), pod('big', 10)],
      usage: async () =>
        new Map([
          ['uid-small', new Map([['main', 20 * mebi]])],
          ['uid-big', new Map([['main', 120 * mebi]])],
        ]),
      reclaimDisk: async () => false,
      evict: (victim, doom) => void evicted.push([victim.metadata.name, doom]),
      log,
      now: () => clock.now,
      ...more,
    });
    return { monitor, evicted, clock };
  };

  it('ends one pod at a time and says why', async () => {
    const { monitor, evicted } = monitored({});
    await monitor.look();
    expect(evicted.map(([name]) => name)).toEqual(['big']);
    const message =
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 51200Ki. ' +
      'Container main was using 122880Ki, request is 10240Ki, has larger consumption of memory. ';
    expect(evicted[0]?.[1]).toEqual({
      reason: 'Evicted',
      message,
      graceSeconds: 1,
      disruption: { reason: 'TerminationByKubelet', message },
    });
  });

  it('bears a soft threshold for its grace period, then ends a pod with the grace that it may have', async () => {
    const thresholds = evictionThresholds({
      ...{ hard: parseThresholds('memory.available<10Mi'), soft: parseThresholds('memory.available<100Mi') },
      softGrace: parseBySignal('memory.available=90', Number),
      minimumReclaim: new Map(),
    });
    const { monitor, evicted, clock } = monitored({ thresholds, maxPodGraceSeconds: 20 });
    await monitor.look();
    expect([...monitor.conditions]).toEqual(['MemoryPressure']);
    clock.now += 89;
    await monitor.look();
    expect(evicted).toEqual([]);
    clock.now += 1;
    await monitor.look();
    expect(evicted.map(([name, { graceSeconds }]) => [name, graceSeconds])).toEqual([['big', 20]]);
  });

  it('begins the grace period anew when there was enough meanwhile', async () => {
    const soft = parseThresholds('memory.available<100Mi');
    const softGrace = parseBySignal('memory.available=90', Number);
    let free = 50;
    const { monitor, evicted, clock } = monitored({
      thresholds: evictionThresholds({ hard: [], soft, softGrace, minimumReclaim: new Map() }),
      signals: async () => signalsOf('memory.available', free * mebi, 1000 * mebi),
    });
    for (const now of [50, 500, 50]) {
      free = now;
      clock.now += 60;
      await monitor.look();
    }
    expect(evicted).toEqual([]);
  });

  it('goes on until there is as much beyond the threshold as is to be reclaimed', async () => {
    const announced: string[] = [];
    let free = 150;
    const { monitor, evicted } = monitored({
      thresholds: evictionThresholds({
        ...{ hard: parseThresholds('memory.available<100Mi'), soft: [], softGrace: new Map() },
        minimumReclaim: parseBySignal('memory.available=100Mi', limitOf),
      }),
      signals: async () => signalsOf('memory.available', free * mebi, 1000 * mebi),
      announce: (resource) => void announced.push(resource),
    });
    const lookWith = async (mebis: number) => {
      free = mebis;
      await monitor.look();
      return evicted.length;
    };
    expect(await lookWith(150)).toBe(0);
    expect(await lookWith(99)).toBe(1);
    expect(await lookWith(199)).toBe(2);
    expect(await lookWith(201)).toBe(2);
    expect(await lookWith(150)).toBe(2);
    expect(announced).toEqual(['memory', 'memory']);
  });

  it('counts what lies in volumes when its disk is short', async () => {
    const { monitor, evicted } = monitored({
      signals: async () => signalsOf('nodefs.available', 5, 100),
      usage: async () =>
        new Map([
          ['uid-small', new Map([['', 300 * mebi]])],
          ['uid-big', new Map([['main', 100 * mebi]])],
        ]),
    });
    await monitor.look();
    expect(evicted.map(([name]) => name)).toEqual(['small']);
    expect(evicted[0]?.[1].message).not.toContain('Container ');
  });

  it('says so for five minutes after it is over', async () => {
    let free = 50;
    const signals = async () => signalsOf('memory.available', free * mebi, 1000 * mebi);
    const { monitor, clock } = monitored({ signals });
    await monitor.look();
    free = 500;
    clock.now += 299_000;
    await monitor.look();
    expect([...monitor.conditions]).toEqual(['MemoryPressure']);
    clock.now += 2_000;
    expect([...monitor.conditions]).toEqual([]);
  });

  it('removes what nobody uses before it ends a pod for its disk', async () => {
    let garbage = 1;
    const { monitor, evicted } = monitored({
      signals: async () => signalsOf('nodefs.available', 5, 100),
      reclaimDisk: async () => garbage-- > 0,
    });
    await monitor.look();
    expect(evicted).toEqual([]);
    await monitor.look();
    expect(evicted).toHaveLength(1);
    expect([...monitor.conditions]).toEqual(['DiskPressure']);
  });

  it('ends nobody while there is enough', async () => {
    const { monitor, evicted } = monitored({
      signals: async () => signalsOf('memory.available', 500 * mebi, 1000 * mebi),
    });
    await monitor.look();
    expect([evicted, [...monitor.conditions]]).toEqual([[], []]);
  });

  it('takes no new pods but those that it can bear', () => {
    const memory = new Set(['MemoryPressure']);
    expect(refusedUnderPressure(pod('p', 0), memory)).toEqual({
      reason: 'Evicted',
      message: 'Pod was rejected: The node had condition: [MemoryPressure]. ',
    });
    expect(refusedUnderPressure(pod('p', 10), memory)).toBe(undefined);
    expect(refusedUnderPressure(pod('p', 10), new Set(['DiskPressure']))?.reason).toBe('Evicted');
    expect(refusedUnderPressure(pod('p', 0, 2_000_000_000), memory)).toBe(undefined);
    expect(refusedUnderPressure(pod('p', 0), new Set())).toBe(undefined);
  });
});

describe('images that no pod uses', () => {
  const collected = async (available: number[], more: object = {}) => {
    const dir = await mkdtemp(join(tmpdir(), 'kubus-images-'));
    const ledger = await openImageLedger(join(dir, 'images.json'));
    for (const [i, image] of ['old', 'used', 'busy', 'newer', 'young'].entries())
      await ledger.noteUse(image, image === 'young' ? 990_000 : i * 1000);
    const collector = new ImageCollector({
      ledger,
      inUse: () => new Set(['used']),
      remove: async (image) => image !== 'busy',
      disk: async () => ({
        available: available.length > 1 ? (available.shift() ?? 0) : (available[0] ?? 0),
        capacity: 100,
      }),
      ...{ now: () => 1_000_000, log, high: 85, low: 80, maxAgeMs: 0 },
      ...more,
    });
    await collector.collect();
    const left = (await openImageLedger(join(dir, 'images.json'))).byAge().map(([image]) => image);
    await rm(dir, { recursive: true });
    return left;
  };

  it('go when the disk is too full, the longest unused first, until there is room', async () => {
    expect(await collected([10, 10, 25])).toEqual(['used', 'busy', 'newer', 'young']);
    expect(await collected([10])).toEqual(['used', 'busy', 'young']);
  });

  it('go for their age however empty the disk is, counted from when a pod used them last', async () => {
    expect(await collected([90], { maxAgeMs: 997_500 })).toEqual(['busy', 'newer', 'young', 'used']);
  });

  it('stay while there is room, and where they are never to be removed', async () => {
    expect(await collected([20])).toHaveLength(5);
    expect(await collected([1], { high: 100 })).toHaveLength(5);
  });
});

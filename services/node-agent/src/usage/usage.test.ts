import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeUsage } from '@kubus/shared/bus';
import type { Pod } from '@kubus/shared/schema';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContainerRecord } from '../runtime/contract.ts';
import { CgroupDetails, Cgroups, diskUsage, machineStalls, machineUsage, PodNetworks, UsageReporter } from './index.ts';
import { interfacesIn } from './network.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cgroups-'));
});
afterEach(() => rm(root, { recursive: true }));

async function put(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

describe('cgroups', () => {
  it('of version 2 are read with either driver', async () => {
    const files = (folder: string, cpu: number) => ({
      [`${folder}/cpu.stat`]: `usage_usec ${cpu}\nuser_usec 1\n`,
      [`${folder}/memory.current`]: '1000\n',
      [`${folder}/memory.stat`]: 'anon 5\ninactive_file 300\n',
    });
    await put({ ...files('system.slice/docker-a.scope', 7) });
    expect(await new Cgroups(root).usage('a')).toEqual({ id: 'a', cpuNanos: 7000, memoryBytes: 700 });
    await put({ ...files('docker/b', 8) });
    expect(await new Cgroups(root).usage('b')).toEqual({ id: 'b', cpuNanos: 8000, memoryBytes: 700 });
  });

  it('of version 1 are read', async () => {
    await put({
      'cpuacct/docker/a/cpuacct.usage': '12345\n',
      'memory/docker/a/memory.usage_in_bytes': '1000\n',
      'memory/docker/a/memory.stat': 'cache 1\ntotal_inactive_file 1500\n',
    });
    const cgroups = new Cgroups(root);
    expect(await cgroups.usage('a')).toEqual({ id: 'a', cpuNanos: 12345, memoryBytes: 0 });
    expect(await cgroups.usage('gone')).toBeUndefined();
  });
});

describe('the details of a container', () => {
  const pressure = (total: number) =>
    `some avg10=0.50 avg60=0.00 avg300=0.00 total=${total}\nfull avg10=0.00 avg60=0.00 avg300=0.25 total=${total + 1}\n`;
  const zero = { avg10: 0, avg60: 0, avg300: 0 };

  it('are read from cgroups of version 2, with pressure where the kernel measures it', async () => {
    await put({
      'docker/a/cpu.stat': 'usage_usec 9\nuser_usec 5\nsystem_usec 4\nnr_periods 3\nnr_throttled 2\nthrottled_usec 1\n',
      'docker/a/memory.current': '1000\n',
      'docker/a/memory.stat': 'anon 600\nfile 300\n',
      'docker/a/memory.pressure': pressure(70),
    });
    expect(await new CgroupDetails(root).of(['a', 'gone'])).toEqual([
      {
        ...{ id: 'a', userNanos: 5000, systemNanos: 4000, periods: 3, throttledPeriods: 2, throttledNanos: 1000 },
        ...{ memoryUsageBytes: 1000, rssBytes: 600, cacheBytes: 300 },
        stalls: {
          memory: {
            some: { ...zero, avg10: 0.5, totalMicros: 70 },
            full: { ...zero, avg300: 0.25, totalMicros: 71 },
          },
        },
      },
    ]);
  });

  it('are read from cgroups of version 1', async () => {
    await put({
      'cpu/docker/a/cpu.stat': 'nr_periods 3\nnr_throttled 2\nthrottled_time 1\n',
      'cpuacct/docker/a/cpuacct.stat': 'user 100\nsystem 50\n',
      'memory/docker/a/memory.usage_in_bytes': '1000\n',
      'memory/docker/a/memory.stat': 'rss 1\ntotal_rss 600\ntotal_cache 300\n',
    });
    expect(await new CgroupDetails(root).of(['a'])).toEqual([
      {
        ...{ id: 'a', userNanos: 1e9, systemNanos: 5e8, periods: 3, throttledPeriods: 2, throttledNanos: 1 },
        ...{ memoryUsageBytes: 1000, rssBytes: 600, cacheBytes: 300, stalls: {} },
      },
    ]);
  });

  it('of the machine are its pressure', async () => {
    await put({ cpu: 'some avg10=97.40 avg60=0.00 avg300=0.00 total=5\n' });
    expect(await machineStalls(root)).toEqual({
      cpu: { some: { ...zero, avg10: 97.4, totalMicros: 5 }, full: { ...zero, totalMicros: 0 } },
    });
  });
});

describe('the network of a pod', () => {
  const table = [
    'Inter-|   Receive                                                |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
    '    lo:     500       5    0    0    0     0          0         0      500       5    0    0    0     0       0          0',
    '  eth0:    1000      10    1    2    3     4          5         6     2000      20    7    8    0     0       0          0',
  ].join('\n');
  const eth0 = {
    ...{ name: 'eth0', rxBytes: 1000, rxPackets: 10, rxErrors: 1, rxDropped: 2 },
    ...{ txBytes: 2000, txPackets: 20, txErrors: 7, txDropped: 8 },
  };

  it('is read from the table of the kernel, without the loopback', () => {
    expect(interfacesIn(table)).toEqual([eth0]);
    expect(interfacesIn('')).toEqual([]);
  });

  it('is that of the process of its sandbox, which is looked for once; another process under its number is not taken for it', async () => {
    await put({ '7/cgroup': '0::/docker/s1\n', '7/net/dev': table, '8/cgroup': '0::/docker/x\n', '8/net/dev': table });
    const asked: string[] = [];
    const pids = new Map<string, number>([
      ['s1', 7],
      ['s2', 8],
    ]);
    const networks = new PodNetworks(async (id) => {
      asked.push(id);
      return pids.get(id);
    }, root);
    for (let i = 0; i < 2; i++)
      expect(await networks.of(['s1', 's2', 'gone'])).toEqual([{ id: 's1', interfaces: [eth0] }]);
    expect(asked).toEqual(['s1', 's2', 'gone', 'gone']);
  });
});

it('adds up what containers and volumes take up on the disk', async () => {
  const sources = {
    writtenBytes: async () => new Map(Object.entries({ a: 1, b: 2 })),
    logBytes: async (id: string) => (id === 'a' ? 10 : undefined),
    pods: () => [{ metadata: { name: 'web', uid: 'u' } } as Pod],
    volumes: async () => [{ name: 'work', usedBytes: 5 }],
  };
  expect(await diskUsage(sources)).toEqual({
    containers: new Map(Object.entries({ a: { writtenBytes: 1, logBytes: 10 }, b: { writtenBytes: 2 } })),
    volumes: new Map([['u', [{ name: 'work', usedBytes: 5 }]]]),
  });
});

const record = (overrides: Partial<ContainerRecord>): ContainerRecord => ({
  id: 'a',
  podUid: 'uid',
  podName: 'web',
  podNamespace: 'shop',
  container: 'main',
  attempt: 0,
  sandboxAttempt: 0,
  state: 'running',
  image: '',
  imageId: '',
  ips: [],
  ...overrides,
});

describe('a report', () => {
  it('tells what was used between two measurements, of running containers that were there all the time', async () => {
    let now = 1_000_000;
    let used = 0;
    const records = [record({}), record({ id: 'b', container: 'side' }), record({ id: 's', container: '' })];
    const asked: string[][] = [];
    const reporter = new UsageReporter({
      node: 'one',
      log: pino({ enabled: false }),
      records: async () => records,
      source: {
        containers: async (ids) => {
          asked.push([...ids]);
          return ids.map((id) => ({ id, cpuNanos: id === 'b' ? 5e9 - used : used, memoryBytes: 64 }));
        },
        node: async () => ({ cpuNanos: 10 * used, memoryBytes: 4096 }),
      },
      publish: () => undefined,
      intervalMs: 10_000,
      now: () => now,
    });
    expect(await reporter.measure()).toBeUndefined();
    now += 10_000;
    used = 2.5e9;
    records.push(record({ id: 'new', podUid: 'other', podName: 'late' }));
    expect(await reporter.measure()).toEqual({
      time: 1_010_000,
      windowMs: 10_000,
      node: { cpuNanos: 2.5e9, memoryBytes: 4096 },
      // 'side' was started anew: its counter went back.
      pods: [
        {
          uid: 'uid',
          namespace: 'shop',
          name: 'web',
          containers: [{ name: 'main', cpuNanos: 2.5e8, memoryBytes: 64 }],
        },
      ],
    });
    expect(asked[0]).toEqual(['a', 'b']);
  });

  it('is published under the name of the node, again and again, in spite of errors', async () => {
    const published: [string, Uint8Array][] = [];
    let rounds = 0;
    const done = Promise.withResolvers<void>();
    const reporter = new UsageReporter({
      node: 'a.b',
      log: pino({ enabled: false }),
      records: async () => {
        rounds += 1;
        if (rounds === 2) throw new Error('the engine is away');
        return [];
      },
      source: { containers: async () => [], node: async () => machineUsage() },
      publish: (subject, data) => {
        published.push([subject, data]);
        if (published.length === 2) done.resolve();
      },
      intervalMs: 1,
    });
    reporter.start();
    await done.promise;
    reporter.stop();
    expect(published[0]?.[0]).toBe('kubus.usage.a=2Eb');
    expect(decodeUsage(published[0]?.[1] as Uint8Array)?.node.memoryBytes).toBeGreaterThan(0);
  });
});

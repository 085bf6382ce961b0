import { eventually } from '@kubus/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, must, root, type SteppedClock, startCluster, steppedClock } from './harness/index.ts';

interface Pod {
  metadata: { name: string; uid: string };
  status: {
    phase: string;
    startTime?: string;
    containerStatuses?: { restartCount: number; ready: boolean; state: { waiting?: { reason: string } } }[];
  };
}

let clock: SteppedClock;
let cluster: Cluster;
const pod = (name: string) => cluster.getJson<Pod>('pod', name);
const web = async () => (await cluster.getJson<{ items: Pod[] }>('pods', '-l', 'app=web')).items;
/** How long NATS is away; its clients know after fifteen seconds. */
const awayMs = 1000 * Number(process.env['KUBUS_FAULTS_SECONDS'] ?? 25);
const restarts = ({ status }: Pod) => status.containerStatuses?.[0]?.restartCount;
const soon = (check: () => Promise<void>) => eventually(check, 120_000, 250);
const containersOf = async (name: string) =>
  (await cluster.containers()).filter(
    ({ labels }) => labels['kubus.io/pod-name'] === name && labels['kubus.io/container'] !== undefined,
  );
/** The number of the latest start of the pod's container. */
const latestStart = async (name: string) =>
  Math.max(...(await containersOf(name)).map(({ labels }) => Number(labels['kubus.io/attempt'])));
const signal = async (name: string, what: string) => {
  const running = (await containersOf(name)).find(({ state }) => state === 'running');
  await must('docker', ['kill', '--signal', what, running?.id ?? '']);
};
const run = (name: string, script: string, ...options: string[]) =>
  cluster.kubectl('run', name, '--image=busybox:1.36', ...options, '--', 'sh', '-c', script);
const untilTold = 'trap "exit 0" TERM; while :; do sleep 0.1; done';

/** Each pod that runs has its containers once. */
async function expectNothingTwice(): Promise<void> {
  const running = (await cluster.containers()).filter(({ state }) => state === 'running');
  const places = running.map(({ labels }) => `${labels['kubus.io/pod-uid']} ${labels['kubus.io/container']}`);
  expect(places.toSorted()).toEqual([...new Set(places)].toSorted());
}

beforeAll(async () => {
  clock = await steppedClock();
  cluster = await startCluster({ args: ['--nodes', '1'], env: { ...clock.env, KUBUS_CRASH_LOOP_MAX_SECONDS: '1' } });
  await cluster.kubectl('apply', '-f', `${root}/examples/web.yaml`);
  await run('crashes', 'sleep 0.5; exit 1');
  await run('ends', untilTold, '--restart=Never');
  await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/ends', '--timeout=120s');
});
afterAll(async () => {
  await cluster?.destroy();
  await clock?.remove();
});

it(
  'without NATS containers that end are started again, and the API hears of it afterwards',
  async () => {
    const before = await web();
    const [victim] = before;
    const nats = await cluster.pid('nats');
    process.kill(nats, 'SIGSTOP');
    try {
      const away = performance.now();
      const starts = await latestStart('crashes');
      await signal('ends', 'TERM');
      await signal(victim?.metadata.name ?? '', 'KILL');
      await soon(async () => expect(await latestStart(victim?.metadata.name ?? '')).toBe(1));
      await soon(async () => expect(await latestStart('crashes')).toBeGreaterThan(starts + 5));
      await eventually(async () => expect(performance.now() - away).toBeGreaterThan(awayMs), awayMs + 60_000, 250);
      await expectNothingTwice();
    } finally {
      process.kill(nats, 'SIGCONT');
    }
    const known = await latestStart('crashes');
    await soon(async () => {
      expect((await pod('ends')).status.phase).toBe('Succeeded');
      expect(restarts(await pod('crashes'))).toBeGreaterThanOrEqual(known);
      const after = await web();
      expect(after.map(({ metadata }) => metadata.uid).toSorted()).toEqual(
        before.map(({ metadata }) => metadata.uid).toSorted(),
      );
      for (const one of after) {
        expect(one.status.containerStatuses?.[0]?.ready).toBe(true);
        expect(restarts(one)).toBe(one.metadata.uid === victim?.metadata.uid ? 1 : 0);
      }
      expect(await cluster.kubectl('get', 'nodes')).toMatch(/\sReady/);
    });
    await expectNothingTwice();
  },
  awayMs + 300_000,
);

describe('when the clock of the machine is set', () => {
  const hour = 3_600_000;
  afterEach(() => clock.set(0));

  it.each([
    ['forward', hour],
    ['back', -hour],
  ])('%s by an hour, pods run on, crash on, come and go', async (direction, off) => {
    const before = new Map((await web()).map((one) => [one.metadata.uid, restarts(one)]));
    const name = `before-${direction}`;
    await run(name, untilTold);
    await cluster.kubectl('wait', '--for=condition=Ready', `pod/${name}`, '--timeout=120s');
    const starts = await latestStart('crashes');
    await clock.set(off);
    await run(`${name}-job`, 'sleep 1', '--restart=Never');
    await cluster.kubectl('delete', 'pod', name, '--timeout=120s');
    await soon(async () => {
      const { phase, startTime = '' } = (await pod(`${name}-job`)).status;
      expect(phase).toBe('Succeeded');
      // The clock was set for the agent, too.
      expect(Math.abs(Date.parse(startTime) - Date.now() - off)).toBeLessThan(hour / 2);
      expect(await latestStart('crashes')).toBeGreaterThan(starts + 2);
      expect(new Map((await web()).map((one) => [one.metadata.uid, restarts(one)]))).toEqual(before);
    });
    await cluster.kubectl('scale', 'deploy/web', '--replicas=4');
    await cluster.kubectl('rollout', 'status', 'deploy/web', '--timeout=120s');
    await cluster.kubectl('scale', 'deploy/web', '--replicas=3');
    await soon(async () => expect(await web()).toHaveLength(3));
    expect(await containersOf(name)).toEqual([]);
    await expectNothingTwice();
  });
});

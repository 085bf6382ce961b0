import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import Docker from 'dockerode';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeApi } from '../../test/fake-api.ts';
import { buildPod, container, type Rig, silent, startRig } from '../../test/rig.ts';
import { apiConfigSource } from '../config-source.ts';
import { podFiles } from '../pod-files/index.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { openVolumes } from '../volumes/index.ts';
import { mountTmpfs, unmount } from '../volumes/mount-table.ts';
import type { NodeVolumes } from '../volumes/node-volumes.ts';
import { openCheckpoint } from './checkpoint.ts';
import { terminationLogs } from './termination-log.ts';

/** An agent whose folder is a file system of 1 MiB, on a real engine. */
const scope = { cluster: `full-${process.pid}`, node: 'n1' };
/** Of this run alone: what one that was killed left on the engine has other names. */
const uid = `uid-web-${process.pid}`;
const docker = new Docker();
let dir: string;
let runtime: DockerRuntime;
let volumes: NodeVolumes;
let rig: Rig;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-full-'));
  await mountTmpfs(dir, { sizeBytes: 2 ** 20, mode: 0o700 });
  runtime = await DockerRuntime.open({ docker, scope, log: silent });
  const api = new FakeApi();
  const allocatable = { cpuMillis: 4000, memoryBytes: 8 * 2 ** 30, storageBytes: 100 * 2 ** 30 };
  volumes = await openVolumes({
    ...{ dir, api, log: silent, now: Date.now, seesHost: true },
    memoryDir: `/dev/shm/kubus/${scope.cluster}/n1`,
    config: apiConfigSource(api, { shareMs: 1 }),
    files: podFiles({ clusterDns: [], clusterDomain: 'cluster.local' }),
    facts: () => ({ hostIPs: ['192.0.2.7'], allocatable }),
    engineSees: (path) => runtime.sees(path),
  });
  await mkdir(join(dir, 'pods'));
  const environment = { terminationLogs: terminationLogs(join(dir, 'termination')) };
  rig = await startRig({ runtime, api, volumes, environment, checkpoint: await openCheckpoint(join(dir, 'pods')) });
});
afterEach(async () => {
  await rig.stop();
  for (const { id } of await runtime.containers()) await runtime.remove(id);
  volumes.stop();
  for (const uid of volumes.uids()) await volumes.remove(uid);
  // The engine may still be letting go of containers whose removal was under way.
  for (const network of await docker.listNetworks())
    if (network.Name === `kubus-${scope.cluster}`) await eventually(() => docker.getNetwork(network.Id).remove());
  await unmount(dir);
  await rm(dir, { recursive: true });
  await rm(`/dev/shm/kubus/${scope.cluster}`, { recursive: true, force: true });
});

const ballast = () => join(dir, 'ballast');
/** Until nothing more goes in, also for who writes little. */
async function fill(): Promise<void> {
  for (let size = 2 ** 20; size >= 1; size = Math.floor(size / 2))
    for (;;)
      try {
        await writeFile(ballast(), Buffer.alloc(size), { flag: 'a' });
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' });
        break;
      }
}

const web = () =>
  buildPod(
    'web',
    {
      volumes: [{ name: 'conf', configMap: { name: 'conf' } }],
      containers: [
        {
          ...container('main', 'sleep 1000', { volumeMounts: [{ name: 'conf', mountPath: '/conf' }] }),
          image: 'busybox:1.36',
        },
      ],
    },
    uid,
  );

it('a pod that finds the disk of its agent full waits, is told why, and starts once when there is room', async () => {
  const data = { text: 'x'.repeat(10_000) };
  rig.api.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'conf' }, data });
  await fill();
  rig.api.create(web());
  await eventually(() => expect(rig.api.events.join('\n')).toMatch(/FailedMount .*no space left on device/), 30_000);
  expect((await runtime.containers(uid)).filter((record) => record.container === 'main')).toEqual([]);
  await rm(ballast());
  await eventually(() => expect(rig.api.pod('web').status?.phase).toBe('Running'), 30_000);
  expect(rig.api.pod('web').status?.containerStatuses).toMatchObject([{ restartCount: 0, ready: true }]);
});

it('a pod that runs while the disk of its agent fills up runs on, is started again when there is room, and goes without a trace', async () => {
  rig.api.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'conf' }, data: { text: 'x' } });
  rig.api.create(web());
  await eventually(() => expect(rig.api.pod('web').status?.phase).toBe('Running'), 30_000);
  await fill();
  const [main] = (await runtime.containers(uid)).filter((record) => record.container === 'main');
  await docker.getContainer(main?.id ?? '').kill();
  await eventually(() => expect(rig.api.pod('web').status?.containerStatuses?.[0]?.state?.running).toBeUndefined());
  await rm(ballast());
  await eventually(
    () => expect(rig.api.pod('web').status?.containerStatuses).toMatchObject([{ restartCount: 1, ready: true }]),
    30_000,
  );
  await fill();
  rig.api.remove('web', 0);
  await eventually(() => expect(rig.api.has('web')).toBe(false), 30_000);
  await eventually(() => expect(volumes.uids()).toEqual([]));
  await eventually(async () => expect(await runtime.containers(uid)).toEqual([]), 30_000);
});

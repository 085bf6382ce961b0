import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, silent, startRig, tempCheckpoint } from '../../test/rig.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { openCheckpoint } from './checkpoint.ts';

let folder: Awaited<ReturnType<typeof tempCheckpoint>>;
beforeEach(async () => {
  folder = await tempCheckpoint();
});
afterEach(() => folder.remove());

const none = new Map<string, number>();
const nothing = { attempts: none, postStarted: none, podIPs: [], allocated: { containers: {} } };
const onDisk = async () => openCheckpoint(folder.dir);

it('of what is written of a pod at once the last stays', async () => {
  const rounds = Array.from({ length: 50 }, (_, i) => i);
  await Promise.all(
    rounds.map((i) => folder.checkpoint.save(buildPod('web'), { ...nothing, attempts: new Map([['main', i]]) })),
  );
  expect((await onDisk()).attempts('uid-web')).toEqual([['main', 49]]);
});

it('a pod that was forgotten after it was written is not there', async () => {
  const written = folder.checkpoint.save(buildPod('web'), nothing);
  await Promise.all([written, folder.checkpoint.forget('uid-web')]);
  expect((await onDisk()).pods()).toEqual([]);
});

it('a pod that ends stays one that ends, whatever else is noted of it as it was before', async () => {
  const pod = buildPod('web');
  const ending = { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  await folder.checkpoint.save(ending, nothing);
  await folder.checkpoint.save(pod, { ...nothing, postStarted: new Map([['main', 0]]) });
  const kept = await onDisk();
  expect(kept.pods()[0]?.metadata.deletionTimestamp).toBeDefined();
  expect(kept.postStarted('uid-web')).toEqual([['main', 0]]);
});

it('what versions in use have written is read, and what a later one writes beside it', async () => {
  const pod =
    '"pod":{"metadata":{"namespace":"shop","name":"web","uid":"u"},"spec":{"containers":[{"name":"main","resources":{"requests":{"cpu":"1"}}}]}},"attempts":[["main",2]]';
  for (const [more, postStarted, podIPs, cpu = '1'] of [
    ['', [], []],
    [',"postStarted":[["main",1]]', [['main', 1]], []],
    [',"podIPs":["10.9.0.2"]', [], ['10.9.0.2']],
    [',"allocated":{"containers":{"main":{"requests":{"cpu":"2"}}}},"later":{}', [], [], '2'],
  ] as const) {
    await writeFile(join(folder.dir, 'u.json'), `{${pod}${more}}`);
    const kept = await onDisk();
    expect(kept.pods()).toMatchObject([{ metadata: { name: 'web' } }]);
    expect([kept.attempts('u'), kept.postStarted('u'), kept.podIPs('u')]).toEqual([[['main', 2]], postStarted, podIPs]);
    expect(kept.allocated('u')).toEqual({ containers: { main: { requests: { cpu } } } });
  }
});

it('containers that are started side by side are all known to have been started before any of them runs', async () => {
  const fake = await FakeDocker.start({ programs: { run: {} } });
  const runtime = await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
  const names = ['main', 'other'];
  const saved: string[][] = [];
  const { save } = folder.checkpoint;
  folder.checkpoint.save = async (pod, progress) => {
    await save(pod, progress);
    saved.push([...progress.attempts.keys()].filter((name) => names.includes(name)));
  };
  // No container is started until both have been noted.
  const start = runtime.start.bind(runtime);
  runtime.start = async (id) => {
    const [, made] = [...fake.engine.containers].find(([key]) => key === id) ?? [];
    const isSandbox = made?.labels['kubus.io/container'] === undefined;
    if (!isSandbox) await eventually(() => expect(saved.filter((known) => known.length > 0).length).toBeGreaterThan(1));
    return start(id);
  };
  const rig = await startRig({ runtime, checkpoint: folder.checkpoint });
  rig.api.create(buildPod('web', { containers: names.map((name) => container(name, 'run')) }));
  await eventually(() => expect(rig.api.pod('web').status?.phase).toBe('Running'));
  expect(saved.at(-1)?.toSorted()).toEqual(names);
  expect((await onDisk()).attempts('uid-web').map(([name]) => name)).toEqual(expect.arrayContaining(names));
  await rig.stop();
  await fake.stop();
});

it('a pod that ended shows its addresses though nobody was told of them before its sandbox and the agent were gone', async () => {
  const fake = await FakeDocker.start({ programs: { ok: { exit: { code: 0, afterMs: 2 } } } });
  const runtime = await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
  const silenced = { report: () => undefined };
  const first = await startRig({ runtime, checkpoint: folder.checkpoint, environment: silenced });
  const { api } = first;
  api.create(buildPod('job', { restartPolicy: 'Never', containers: [container('main', 'ok')] }));
  await eventually(() => expect([...fake.engine.containers.values()].map(({ state }) => state)).toEqual(['exited']));
  first.kill();
  const second = await startRig({ api, runtime, checkpoint: await onDisk() });
  await eventually(() => expect(api.pod('job').status?.phase).toBe('Succeeded'));
  expect(api.pod('job').status?.podIPs).toEqual([{ ip: expect.stringMatching(/^10\.9\./) }]);
  await second.stop();
  await fake.stop();
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeApi } from '../../test/fake-api.ts';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, type Rig, silent, startRig, tempCheckpoint } from '../../test/rig.ts';
import { openCheckpoint } from '../pod/checkpoint.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { openStaticPods, type StaticPods } from './index.ts';

let fake: FakeDocker;
let api: FakeApi;
let rig: Rig;
let statics: StaticPods;
let dir: string;
let folder: Awaited<ReturnType<typeof tempCheckpoint>>;

const manifest = (name: string, command = 'run') => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {tier: control-plane}}
spec:
  containers: [{name: main, image: busybox, imagePullPolicy: IfNotPresent, command: [${command}]}]
`;
const put = (file: string, text: string) => writeFile(join(dir, file), text);
const agent = async () => {
  const runtime = await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
  rig = await startRig({
    ...{ api, runtime, checkpoint: await openCheckpoint(folder.dir) },
    statics: async (pods, report) => {
      statics = await openStaticPods({ dir, node: 'n1', pods, api, report, log: silent, intervalMs: 20 });
      await statics.start();
      return statics;
    },
  });
  await statics.synced();
};
const stop = async () => {
  await rig.stop();
  await statics.stop();
};

beforeEach(async () => {
  fake = await FakeDocker.start({ programs: { run: {}, other: {} } });
  api = new FakeApi();
  folder = await tempCheckpoint();
  dir = await mkdtemp(join(tmpdir(), 'kubus-static-'));
  await put('web.yaml', manifest('web'));
  await agent();
});
afterEach(async () => {
  await stop();
  expect(fake.unknown).toEqual([]);
  await fake.stop();
  await folder.remove();
  await rm(dir, { recursive: true });
});

const running = () =>
  [...fake.engine.containers.values()].filter(
    (c) => c.state === 'running' && c.labels['kubus.io/container'] === 'main',
  );
const isRunning = (name: string) => eventually(() => expect(api.pod(name).status?.phase).toBe('Running'));

it('run, and are shown in the API by mirrors with their status', async () => {
  await isRunning('web-n1');
  const { metadata, spec } = api.pod('web-n1');
  expect(metadata.ownerReferences).toEqual([
    { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'uid-n1', controller: true },
  ]);
  const annotations = metadata.annotations ?? {};
  expect(annotations['kubernetes.io/config.mirror']).toBe(annotations['kubernetes.io/config.hash']);
  expect(annotations['kubernetes.io/config.source']).toBe('file');
  expect(metadata.labels).toEqual({ tier: 'control-plane' });
  expect(spec?.tolerations?.at(-1)).toEqual({ operator: 'Exists', effect: 'NoExecute' });
  expect(spec?.restartPolicy).toBe('Always');
  expect(running()).toHaveLength(1);
  expect(statics.behind(metadata.uid ?? '')).toBe(running()[0]?.labels['kubus.io/pod-uid']);
});

it('run on when their mirror is deleted, which is made again', async () => {
  await isRunning('web-n1');
  const [container] = running();
  const { uid } = api.pod('web-n1').metadata;
  api.remove('web-n1');
  await eventually(() => expect(api.pod('web-n1').metadata.uid).not.toBe(uid));
  await isRunning('web-n1');
  expect(running().map(({ id }) => id)).toEqual([container?.id]);
});

it('are replaced when their file changes, and end with it', async () => {
  await isRunning('web-n1');
  await put('web.yaml', manifest('web', 'other'));
  await eventually(() => expect(running().map((c) => c.options.Entrypoint)).toEqual([['other']]));
  await isRunning('web-n1');
  await rm(join(dir, 'web.yaml'));
  await eventually(() => expect([fake.engine.containers.size, api.has('web-n1')]).toEqual([0, false]));
});

it('run without the API, which is told later', async () => {
  await isRunning('web-n1');
  api.down = new Error('no bus');
  await put('db.yaml', manifest('db'));
  await eventually(() => expect(running()).toHaveLength(2));
  expect(api.has('db-n1')).toBe(false);
  api.down = undefined;
  await isRunning('db-n1');
});

it('survive the agent', async () => {
  await isRunning('web-n1');
  const ids = running().map(({ id }) => id);
  await stop();
  await agent();
  await isRunning('web-n1');
  expect(running().map(({ id }) => id)).toEqual(ids);
});

it('stand beside the pods of the API, and a file that holds none does not disturb them', async () => {
  await put('bad.yaml', 'kind: Pod\n  oops');
  await put('none.yaml', manifest('Not_A_Name'));
  api.create(buildPod('other'));
  await isRunning('other');
  await isRunning('web-n1');
  await statics.synced();
  expect(running()).toHaveLength(2);
});

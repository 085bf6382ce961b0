import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeApi } from '../../test/fake-api.ts';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { archiveOf } from '../../test/image-registry.ts';
import { buildPod, container, type Rig, silent, startRig } from '../../test/rig.ts';
import { type TempVolumes, tempVolumes } from '../../test/temp-volumes.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';

let fake: FakeDocker;
let api: FakeApi;
let temp: TempVolumes;
let runtime: DockerRuntime;
let rig: Rig;

const scope = { cluster: 'c', node: 'n1' };
beforeEach(async () => {
  fake = await FakeDocker.start({ programs: { run: {}, '/': {} } });
  runtime = await DockerRuntime.open({ docker: fake.docker, scope, log: silent });
  api = new FakeApi();
  temp = await tempVolumes(api);
  rig = await startRig({ runtime, api, volumes: temp.volumes });
});
afterEach(async () => {
  await rig.stop();
  expect(fake.unknown).toEqual([]);
  await temp.remove();
  await fake.stop();
});

const model = 'models.example/one:1';
const pod = (reference: string, mount: object = {}) =>
  buildPod('web', {
    volumes: [{ name: 'model', image: { reference, pullPolicy: 'IfNotPresent' } }],
    containers: [
      container('main', 'run', { volumeMounts: [{ name: 'model', mountPath: '/model', ...mount }] }),
      container('other', 'run'),
    ],
  });
const statusOf = (name: string) => api.pod('web').status?.containerStatuses?.find((status) => status.name === name);
const runs = (name: string) => eventually(() => expect(statusOf(name)?.state?.running).toBeDefined());
const mountOf = (name: string) => {
  const found = [...fake.engine.containers.values()].find((c) => c.labels['kubus.io/container'] === name);
  const mounts = (found?.options.HostConfig as { Mounts: { Source: string; Target: string; ReadOnly: boolean }[] })
    .Mounts;
  return mounts.find(({ Target }) => Target === '/model');
};
const present = async (files: Record<string, string>) => {
  fake.engine.images.add(model);
  fake.archives.set(model, await archiveOf(files));
};

it('gives containers the files of an image, read-only, and leaves no container over that it was read from', async () => {
  await present({ 'weights/a.bin': 'aaa', '.dockerenv': '', 'dev/console': '', 'etc/hosts': '' });
  api.create(pod(model));
  await runs('main');
  const mount = mountOf('main');
  expect(mount?.ReadOnly).toBe(true);
  expect(await readFile(join(mount?.Source ?? '', 'weights/a.bin'), 'utf8')).toBe('aaa');
  for (const added of ['.dockerenv', 'dev', 'etc'])
    await expect(access(join(mount?.Source ?? '', added)), added).rejects.toThrow('ENOENT');
  expect(mountOf('other')).toBeUndefined();
  await eventually(() =>
    expect([...fake.engine.containers.values()].filter(({ name }) => name.includes('files'))).toEqual([]),
  );
});

it('lets containers wait that mount an image which cannot be pulled, and says why; others run', async () => {
  fake.privateImages.set('models.example/one', 'secret');
  api.create(pod(model));
  await runs('other');
  await eventually(() => expect(statusOf('main')?.state?.waiting?.reason).toBe('ImagePullBackOff'));
  expect(statusOf('main')?.state?.waiting?.message).toContain('pull access denied for models.example/one');
  await eventually(() => expect(api.events.join()).toContain('Failed Failed to pull image "models.example/one:1"'));
});

it('has the files that its volume was filled with as long as it lives, whatever becomes of the image', async () => {
  await present({ version: '1' });
  api.create(pod(model));
  await runs('main');
  await present({ version: '2' });
  await rig.stop();
  fake.engine.images.delete(model);
  for (const { name, id } of fake.engine.containers.values()) if (name.includes('main')) fake.engine.remove(id, true);
  rig = await startRig({ runtime, api, volumes: await temp.reopen() });
  await eventually(() => expect(statusOf('main')?.restartCount).toBe(1));
  expect(await readFile(join(mountOf('main')?.Source ?? '', 'version'), 'utf8')).toBe('1');
});

it('mounts a part of an image that is there, and makes none', async () => {
  await present({ 'weights/a.bin': 'aaa' });
  api.create(pod(model, { subPath: 'weights' }));
  await runs('main');
  expect(await readFile(join(mountOf('main')?.Source ?? '', 'a.bin'), 'utf8')).toBe('aaa');
  api.create({
    ...pod(model, { subPath: 'nothing' }),
    metadata: { ...pod(model).metadata, name: 'lost', uid: 'lost' },
  });
  await eventually(() =>
    expect(api.pod('lost').status?.containerStatuses?.[0]?.state?.waiting).toMatchObject({
      message: 'failed to prepare subPath for volumeMount "model" of container "main"',
    }),
  );
});

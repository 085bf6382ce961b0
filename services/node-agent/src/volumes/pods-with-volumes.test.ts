import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StatusError } from '@kubus/shared/errors';
import type { Volume } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApi } from '../../test/fake-api.ts';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, type Rig, silent, startRig } from '../../test/rig.ts';
import { type TempVolumes, tempVolumes } from '../../test/temp-volumes.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';

let fake: FakeDocker;
let api: FakeApi;
let temp: TempVolumes;
let rig: Rig;
let runtime: DockerRuntime;

beforeEach(async () => {
  fake = await FakeDocker.start({ programs: { run: {}, ok: { exit: { code: 0, afterMs: 5 } } } });
  runtime = await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
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

const podWith = (volumes: Volume[], more: object = {}) =>
  buildPod('web', {
    volumes,
    containers: [
      container('main', 'run', { volumeMounts: volumes.map(({ name }) => ({ name, mountPath: `/${name}` })) }),
    ],
    ...more,
  });
const configMap = (name: string, data: Record<string, string>) =>
  api.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
const secret = (name: string, data: Record<string, string>) =>
  api.put({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, data });
const runs = () => eventually(() => expect(api.pod('web').status?.phase).toBe('Running'));
type Bind = { Source: string; Target: string; ReadOnly: boolean };
const binds = () => {
  const main = [...fake.engine.containers.values()].find((c) => c.labels['kubus.io/container'] === 'main');
  return (main?.options.HostConfig as { Mounts: Bind[] } | undefined)?.Mounts ?? [];
};
const sourceOf = (target: string) => binds().find(({ Target }) => Target === target)?.Source ?? '';
const text = (target: string, file: string) => readFile(join(sourceOf(target), file), 'utf8');

describe('a pod with volumes', () => {
  it('has files from ConfigMaps and Secrets, read-only, before its containers start', async () => {
    configMap('conf', { a: '1', b: '2' });
    secret('key', { password: 'c2VzYW0=' });
    api.create(
      podWith([
        { name: 'conf', configMap: { name: 'conf', items: [{ key: 'a', path: 'dir/a.txt', mode: 0o600 }] } },
        { name: 'key', secret: { secretName: 'key', defaultMode: 0o400 } },
      ]),
    );
    await runs();
    expect(await text('/conf', 'dir/a.txt')).toBe('1');
    expect((await stat(join(sourceOf('/conf'), 'dir/a.txt'))).mode & 0o777).toBe(0o600);
    expect((await readdir(sourceOf('/conf'))).filter((name) => !name.startsWith('..'))).toEqual(['dir']);
    expect(await text('/key', 'password')).toBe('sesam');
    expect(sourceOf('/key')).toContain('/memory/');
    expect((await stat(join(sourceOf('/key'), 'password'))).mode & 0o777).toBe(0o400);
    expect(binds().map(({ Target, ReadOnly }) => [Target, ReadOnly])).toEqual([
      ['/conf', true],
      ['/key', true],
      ['/etc/hosts', false],
    ]);
  });

  it('waits for what is missing, says so, and starts as soon as it is there', async () => {
    api.create(podWith([{ name: 'conf', configMap: { name: 'later' } }]));
    const message = 'FailedMount MountVolume.SetUp failed for volume "conf" : configmap "later" not found';
    await eventually(() => expect(api.events).toContain(message));
    await eventually(() =>
      expect(api.pod('web').status?.containerStatuses?.[0]?.state?.waiting?.reason).toBe('ContainerCreating'),
    );
    expect(binds()).toEqual([]);
    configMap('later', { a: '1' });
    await runs();
    expect(await text('/conf', 'a')).toBe('1');
  });

  it('starts without optional objects and keys, and gets them when they come', async () => {
    configMap('conf', { a: '1' });
    api.create(
      podWith([
        { name: 'none', configMap: { name: 'later', optional: true } },
        { name: 'some', configMap: { name: 'conf', optional: true, items: [{ key: 'x', path: 'x' }] } },
      ]),
    );
    await runs();
    expect(await readdir(sourceOf('/none'))).not.toContain('a');
    configMap('later', { a: '1' });
    configMap('conf', { x: '2' });
    await eventually(async () => expect(await text('/none', 'a')).toBe('1'));
    await eventually(async () => expect(await text('/some', 'x')).toBe('2'));
  });

  it('says which key is missing', async () => {
    configMap('conf', { a: '1' });
    api.create(podWith([{ name: 'conf', configMap: { name: 'conf', items: [{ key: 'x', path: 'x' }] } }]));
    await eventually(() =>
      expect(api.events).toContain(
        'FailedMount MountVolume.SetUp failed for volume "conf" : references non-existent config key: x',
      ),
    );
  });

  it('sees changes of its ConfigMaps and Secrets soon, and keeps what it has when they go', async () => {
    configMap('conf', { a: '1' });
    secret('key', { password: 'b25l' });
    api.create(
      podWith([
        { name: 'conf', configMap: { name: 'conf' } },
        { name: 'key', secret: { secretName: 'key' } },
      ]),
    );
    await runs();
    await eventually(() => expect(api.watches).toBe(2));
    configMap('conf', { a: '2', b: '3' });
    secret('key', { password: 'dHdv' });
    await eventually(async () => expect(await text('/conf', 'a')).toBe('2'));
    await eventually(async () => expect(await text('/conf', 'b')).toBe('3'));
    await eventually(async () => expect(await text('/key', 'password')).toBe('two'));
    api.take('ConfigMap', 'conf');
    secret('key', { password: 'dGhyZWU=' });
    await eventually(async () => expect(await text('/key', 'password')).toBe('three'));
    expect(await text('/conf', 'a')).toBe('2');
  });

  it('projects all sources into one folder, its labels as they change', async () => {
    configMap('conf', { a: '1' });
    secret('key', { password: 'c2VzYW0=' });
    const sources = [
      { configMap: { name: 'conf' } },
      { secret: { name: 'key', items: [{ key: 'password', path: 'secret/password' }] } },
      { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      { serviceAccountToken: { path: 'token', audience: 'vault', expirationSeconds: 600 } },
    ];
    const pod = podWith([{ name: 'all', projected: { sources } }], { serviceAccountName: 'robot' });
    pod.metadata.labels = { b: 'say "x"\n', a: '1' };
    api.create(pod);
    await runs();
    expect(await text('/all', 'a')).toBe('1');
    expect(await text('/all', 'secret/password')).toBe('sesam');
    expect(await text('/all', 'labels')).toBe('a="1"\nb="say \\"x\\"\\n"');
    expect(await text('/all', 'token')).toBe('token-1');
    expect(api.tokens[0]).toMatchObject({
      account: 'robot',
      spec: {
        audiences: ['vault'],
        expirationSeconds: 600,
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'web', uid: 'uid-web' },
      },
    });
    const now = api.pod('web');
    api.change('web', { ...now, metadata: { ...now.metadata, labels: { a: '2' } } });
    await eventually(async () => expect(await text('/all', 'labels')).toBe('a="2"'));
    expect(await text('/all', 'token')).toBe('token-1');
  });

  it('tells its resources in files', async () => {
    const items = [
      { path: 'cpu', resourceFieldRef: { containerName: 'main', resource: 'limits.cpu', divisor: '1m' } },
      { path: 'memory', resourceFieldRef: { containerName: 'main', resource: 'limits.memory' } },
      { path: 'name', fieldRef: { fieldPath: 'metadata.name' } },
    ];
    const volumeMounts = [{ name: 'info', mountPath: '/info' }];
    const containers = [container('main', 'run', { volumeMounts, resources: { limits: { cpu: '250m' } } })];
    api.create(podWith([{ name: 'info', downwardAPI: { items } }], { containers }));
    await runs();
    expect(await text('/info', 'cpu')).toBe('250');
    expect(await text('/info', 'memory')).toBe(`${8 * 2 ** 30}`);
    expect(await text('/info', 'name')).toBe('web');
  });

  it('leaves nothing behind: no files, no watches', async () => {
    configMap('conf', { a: '1' });
    api.create(
      podWith([
        { name: 'conf', configMap: { name: 'conf' } },
        { name: 'work', emptyDir: {} },
      ]),
    );
    await runs();
    expect(await readdir(join(temp.dir, 'disk'))).toEqual(['uid-web']);
    api.remove('web', 0);
    await eventually(() => expect(api.has('web')).toBe(false));
    expect(await readdir(join(temp.dir, 'disk'))).toEqual([]);
    expect(await readdir(join(temp.dir, 'memory'))).toEqual([]);
    await eventually(() => expect(api.watches).toBe(0));
  });

  it('loses its volumes when it has run to its end', async () => {
    api.create(
      buildPod('web', {
        restartPolicy: 'Never',
        volumes: [{ name: 'work', emptyDir: {} }],
        containers: [container('main', 'ok', { volumeMounts: [{ name: 'work', mountPath: '/work' }] })],
      }),
    );
    await eventually(() => expect(api.pod('web').status?.phase).toBe('Succeeded'));
    await eventually(async () => expect(await readdir(join(temp.dir, 'disk'))).toEqual([]));
  });

  it('is refused a kind of volume that this node does not have', async () => {
    api.create(podWith([{ name: 'x', nfs: { server: 's', path: '/' } }]));
    await eventually(() =>
      expect(api.events).toContain(
        'FailedMount MountVolume.SetUp failed for volume "x" : volumes of type nfs are not supported by this node',
      ),
    );
  });
});

describe('another agent', () => {
  it('finds the volumes of a pod as they were, and its own pod goes on without the API', async () => {
    configMap('conf', { a: '1' });
    api.create(
      podWith([
        { name: 'conf', configMap: { name: 'conf' } },
        { name: 'work', emptyDir: {} },
      ]),
    );
    await runs();
    rig.kill();
    temp.volumes.stop();
    for (const c of fake.engine.containers.values())
      if (c.labels['kubus.io/container'] === 'main') fake.engine.end(c, 1);
    api.down = new StatusError('ServiceUnavailable', 'away');
    // No event tells the next agent, so the engine's list must show it.
    await eventually(() => expect([...fake.engine.containers.values()].map((c) => c.listedState)).toContain('exited'));
    rig = await startRig({ runtime, api, volumes: await temp.reopen() });
    await eventually(() => {
      const all = [...fake.engine.containers.values()].filter((c) => c.labels['kubus.io/container'] === 'main');
      expect(all.map((c) => c.state).sort()).toEqual(['exited', 'running']);
    });
    expect(await text('/conf', 'a')).toBe('1');
    api.down = undefined;
  });

  it('removes volumes of pods that are no more', async () => {
    api.create(podWith([{ name: 'work', emptyDir: {} }]));
    await runs();
    rig.kill();
    temp.volumes.stop();
    for (const c of [...fake.engine.containers.values()]) fake.engine.remove(c.id, true);
    api.forceRemove('web');
    rig = await startRig({ runtime, api, volumes: await temp.reopen() });
    await eventually(async () => expect(await readdir(join(temp.dir, 'disk'))).toEqual([]));
  });
});

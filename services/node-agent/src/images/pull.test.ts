import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Secret } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, type Rig, silent, startRig } from '../../test/rig.ts';
import { limiter } from '../limiter.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { invalidImageName } from './pull.ts';
import { openPulledImages } from './pulled-images.ts';

let fake: FakeDocker;
let rig: Rig;
let start: (now?: () => number) => Promise<Rig>;
let folder: string;

beforeEach(async () => {
  fake = await FakeDocker.start({ programs: { run: {} } });
  const runtime = await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
  folder = await mkdtemp(join(tmpdir(), 'kubus-images-'));
  start = async (now = Date.now) =>
    startRig({
      runtime,
      now,
      environment: { limitPulls: limiter(1), pulledImages: await openPulledImages(join(folder, 'images.json')) },
    });
  rig = await start();
});
afterEach(async () => {
  await rig.stop();
  await rm(folder, { recursive: true });
  await fake.stop();
});

const secret = (name: string, password: string): Secret => {
  const config = JSON.stringify({ auths: { 'registry.example': { username: 'me', password } } });
  const data = { '.dockerconfigjson': Buffer.from(config).toString('base64') };
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'kubernetes.io/dockerconfigjson', data };
};
const image = 'registry.example/app';
const pod = (name: string, secrets: string[], of = `${image}:1`) =>
  buildPod(name, {
    imagePullSecrets: secrets.map((each) => ({ name: each })),
    containers: [{ ...container('main', 'run'), image: of }],
  });
const waiting = (name: string) => rig.api.pod(name).status?.containerStatuses?.[0]?.state?.waiting;

it('takes a private image with the first of its credentials that is accepted', async () => {
  fake.privateImages.set(image, 'right');
  rig.api.put(secret('old', 'wrong'));
  rig.api.put(secret('new', 'right'));
  rig.api.create(pod('web', ['old', 'new']));
  await eventually(() => expect(rig.api.pod('web').status?.phase).toBe('Running'));
});

it('says which secrets are missing, and tries without them', async () => {
  fake.privateImages.set(image, 'right');
  rig.api.create(pod('web', ['none']));
  await eventually(() => expect(waiting('web')?.reason).toBe('ErrImagePull'));
  expect(rig.api.events).toContain(
    'FailedToRetrieveImagePullSecret Unable to retrieve some image pull secrets (none); attempting to pull the image may not succeed.',
  );
  const refused = `pull access denied for ${image}, repository does not exist`;
  expect(waiting('web')).toEqual({ reason: 'ErrImagePull', message: refused });
  expect(rig.api.events).toContain(`Failed Failed to pull image "${image}:1": ${refused}`);
});

it('shows what the engine said while it waits to pull again', async () => {
  fake.privateImages.set(image, 'right');
  rig.api.create(pod('web', []));
  await eventually(() => expect(waiting('web')?.reason).toBe('ImagePullBackOff'));
  const refused = `pull access denied for ${image}, repository does not exist`;
  expect(waiting('web')?.message).toBe(`Back-off pulling image "${image}:1": ErrImagePull: ${refused}`);
});

it('pulls no more at once than it may', async () => {
  let now = 0;
  let most = 0;
  fake.privateImages.set(image, '');
  fake.before = async (route) => {
    if (route !== 'POST /images/create') return;
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 20));
    now -= 1;
  };
  for (const name of ['a', 'b', 'c']) rig.api.create(pod(name, [], `${image}:${name}`));
  for (const name of ['a', 'b', 'c']) await eventually(() => expect(rig.api.pod(name).status?.phase).toBe('Running'));
  expect(most).toBe(1);
});

it('says what becomes of an image that begins to come and is damaged, and runs nothing', async () => {
  const damaged = 'filesystem layer verification failed for digest sha256:0';
  fake.brokenPulls.set(image, damaged);
  rig.api.create(pod('web', []));
  await eventually(() => expect(waiting('web')).toEqual({ reason: 'ErrImagePull', message: damaged }));
  expect(rig.api.events).toContain(`Failed Failed to pull image "${image}:1": ${damaged}`);
});

it('says that a name is no image', async () => {
  rig.api.create(pod('web', [], 'Registry.example/App'));
  await eventually(() =>
    expect(waiting('web')).toEqual({
      reason: 'InvalidImageName',
      message:
        'Failed to apply default image tag "Registry.example/App": couldn\'t parse image name "Registry.example/App": invalid reference format: repository name (App) must be lowercase',
    }),
  );
  expect(invalidImageName('Registry.example:5000/app:V1')).toBeUndefined();
  for (const [name, repository] of [
    ['Busybox:1', 'library/Busybox'],
    ['team/App', 'team/App'],
    ['localhost/Team/app@sha256:0', 'Team/app'],
    ['Team/App', 'App'],
  ])
    expect(invalidImageName(name ?? '')).toContain(`: repository name (${repository}) must be lowercase`);
  expect(invalidImageName('a b')).toContain('invalid reference format');
});

it('is pulled at once when it is another one, and not because something else of its pod has changed', async () => {
  await rig.stop();
  // No back-off ends.
  rig = await start(() => Date.UTC(2026, 0));
  fake.privateImages.set(image, 'right').set('registry.example/other', '');
  rig.api.create(pod('web', []));
  await eventually(() => expect(waiting('web')?.reason).toBe('ErrImagePull'));
  const pulls = () => rig.api.events.filter((event) => event.startsWith('Pulling ')).length;
  const web = rig.api.pod('web');
  rig.api.change('web', { ...web, metadata: { ...web.metadata, labels: { a: 'b' } } });
  await eventually(() => expect(waiting('web')?.reason).toBe('ImagePullBackOff'));
  expect(pulls()).toBe(1);
  rig.api.change('web', { ...pod('web', [], 'registry.example/other:1'), status: rig.api.pod('web').status ?? {} });
  await eventually(() => expect(rig.api.pod('web').status?.phase).toBe('Running'));
  expect(pulls()).toBe(2);
});

describe('an image that was pulled with credentials', () => {
  const ready = (name: string) =>
    eventually(() => expect(rig.api.pod(name).status?.containerStatuses?.[0]?.ready).toBe(true));
  const pulls = () => rig.api.events.filter((event) => event.startsWith('Pulling ')).length;

  beforeEach(async () => {
    fake.privateImages.set(image, 'right');
    rig.api.put(secret('mine', 'right'));
    rig.api.put(secret('other', 'wrong'));
    rig.api.create(pod('first', ['mine']));
    await ready('first');
  });

  it('is there for pods that have them too, without another pull', async () => {
    rig.api.create(pod('second', ['other', 'mine']));
    await ready('second');
    expect(pulls()).toBe(1);
  });

  it.each([[[]], [['other']]])('is not there for pods with %j: the registry decides', async (secrets) => {
    rig.api.create(pod('second', secrets));
    await eventually(() => expect(waiting('second')?.reason).toBe('ErrImagePull'));
    expect(waiting('second')?.message).toContain('pull access denied');
    fake.privateImages.set(image, secrets.length === 0 ? '' : 'wrong');
    rig.api.create(pod('third', secrets));
    await ready('third');
    expect(pulls()).toBe(3);
  });

  it('is not there for pods without them that never pull', async () => {
    const never = pod('second', []);
    for (const each of never.spec?.containers ?? []) each.imagePullPolicy = 'Never';
    rig.api.create(never);
    await eventually(() => expect(waiting('second')?.reason).toBe('ErrImageNeverPull'));
  });

  it('stays so when the agent is started anew, also one that died while it pulled', async () => {
    await rig.stop();
    const records = await openPulledImages(join(folder, 'images.json'));
    const id = async () => `sha256:${image}:1`;
    expect(await records.mayUse(`${image}:1`, id, async () => [])).toBe(false);
    fake.engine.images.add('half:1');
    expect(
      await records.mayUse(
        'half:1',
        async () => 'sha256:half',
        async () => [],
      ),
    ).toBe(true);
    await records.pulling('half:1');
    const later = await openPulledImages(join(folder, 'images.json'));
    expect(
      await later.mayUse(
        'half:1',
        async () => 'sha256:half',
        async () => [],
      ),
    ).toBe(false);
    await later.failed('half:1');
    expect(
      await later.mayUse(
        'half:1',
        async () => 'sha256:half',
        async () => [],
      ),
    ).toBe(true);
    rig = await start();
  });
});

describe('an image that was pulled with what a program of the node knows', () => {
  const serveraddress = 'registry.example';
  const begin = async (password: string, holder: string) => {
    await rig.stop();
    fake.privateImages.set(image, 'right');
    const provided = async () => [{ serveraddress, username: 'me', password, holder }];
    rig = await startRig({
      runtime: await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent }),
      environment: {
        pulledImages: await openPulledImages(join(folder, 'images.json')),
        providedCredentials: (_, { metadata }) => (metadata.name === 'stranger' ? Promise.resolve([]) : provided()),
      },
    });
    rig.api.create(pod('first', []));
    await eventually(() => expect(rig.api.pod('first').status?.phase).toBe('Running'));
    rig.api.create(pod('stranger', []));
  };

  it('is there for all pods of the node', async () => {
    await begin('right', 'node');
    await eventually(() => expect(rig.api.pod('stranger').status?.phase).toBe('Running'));
  });

  it('is there for those of the same service account alone, when it was given to that', async () => {
    await begin('right', 'robot');
    await eventually(() => expect(waiting('stranger')?.reason).toBe('ErrImagePull'));
    rig.api.create(pod('second', []));
    await eventually(() => expect(rig.api.pod('second').status?.phase).toBe('Running'));
  });
});

it('images that the engine had before are for everybody', async () => {
  rig.api.create(pod('web', [], 'busybox'));
  await eventually(() => expect(rig.api.pod('web').status?.phase).toBe('Running'));
  expect(rig.api.events.join()).not.toContain('Pulling');
});

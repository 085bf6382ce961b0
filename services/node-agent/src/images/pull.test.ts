import type { Secret } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, type Rig, silent, startRig } from '../../test/rig.ts';
import { limiter } from '../limiter.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { invalidImageName } from './pull.ts';

let fake: FakeDocker;
let rig: Rig;

beforeEach(async () => {
  fake = await FakeDocker.start({ programs: { run: {} } });
  const runtime = await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
  rig = await startRig({ runtime, environment: { limitPulls: limiter(1) } });
});
afterEach(async () => {
  await rig.stop();
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
  expect(waiting('web')?.message).toContain('pull access denied');
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

it('says that a name is no image', async () => {
  rig.api.create(pod('web', [], 'Registry.example/App'));
  await eventually(() =>
    expect(waiting('web')).toEqual({
      reason: 'InvalidImageName',
      message:
        'Failed to apply default image tag "Registry.example/App": couldn\'t parse image name "Registry.example/App": invalid reference format: repository name must be lowercase',
    }),
  );
  expect(invalidImageName('Registry.example:5000/app:V1')).toBeUndefined();
  expect(invalidImageName('a b')).toContain('invalid reference format');
});

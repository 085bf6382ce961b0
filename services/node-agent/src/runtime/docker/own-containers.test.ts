import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeDocker } from '../../../test/fake-docker/server.ts';
import { silent } from '../../../test/rig.ts';
import { DockerRuntime } from './docker-runtime.ts';
import { ownContainer } from './own-containers.ts';

let fake: FakeDocker;
beforeEach(async () => {
  fake = await FakeDocker.start({ programs: { run: {} } });
});
afterEach(() => fake.stop());

it('an agent that starts removes what it left of itself when it was killed, and nothing of other nodes', async () => {
  const scope = { cluster: 'c', node: 'n' };
  fake.engine.images.add('any');
  const others = [
    ownContainer('probe', { cluster: 'c', node: 'n-1' }),
    ownContainer('files', { cluster: 'd', node: 'n' }),
  ];
  for (const own of [ownContainer('probe', scope), ownContainer('files', scope), ...others])
    await fake.docker.createContainer({ ...own, Image: 'any', Cmd: ['run'] });
  await DockerRuntime.open({ docker: fake.docker, scope, log: silent });
  const left = await fake.docker.listContainers({ all: true });
  expect(left.flatMap(({ Names }) => Names).sort()).toEqual(others.map(({ name }) => `/${name}`).sort());
});

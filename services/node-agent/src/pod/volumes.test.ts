import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, type Rig, silent, startRig } from '../../test/rig.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';

let fake: FakeDocker;
let rig: Rig;

beforeEach(async () => {
  fake = await FakeDocker.start({ programs: { run: {} } });
  const runtime = await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
  rig = await startRig({ runtime });
});
afterEach(async () => {
  await rig.stop();
  await fake.stop();
});

it('does not run a container without the files that it asks for', async () => {
  const files = { ...container('a', 'run'), volumeMounts: [{ name: 'config', mountPath: '/etc/app' }] };
  rig.api.create(buildPod('web', { containers: [files, container('b', 'run')] }));
  await eventually(() => {
    const [a, b] = rig.api.pod('web').status?.containerStatuses ?? [];
    expect(a?.state?.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'volumes are not supported by this node yet: config',
    });
    expect(b?.state?.running).toBeDefined();
  });
});

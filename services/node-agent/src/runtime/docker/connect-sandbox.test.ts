import { expect, it } from 'vitest';
import { FakeDocker } from '../../../test/fake-docker/server.ts';
import { silent } from '../../../test/rig.ts';
import { ContainerStartError } from '../contract.ts';
import { DockerRuntime } from './docker-runtime.ts';
import type { PodNetwork } from './pod-network/index.ts';
import { provideSandboxImage } from './sandbox-image.ts';

/** Of an agent that connects pods itself. */
const direct: PodNetwork = {
  place: async () => ({ mode: 'host', unshares: true, ips: ['10.0.0.2'] }),
  connect: async () => undefined,
  isConnected: async () => false,
  forget: () => undefined,
  heal: async () => undefined,
};

it('a sandbox that cannot be connected is removed, so that it does not pass for one that is', async () => {
  const fake = await FakeDocker.start({ programs: {} });
  const { docker } = fake;
  const image = await provideSandboxImage(docker, 'amd64');
  const logs = { maxSize: 1, maxFiles: 1 };
  const runtime = new DockerRuntime(
    { docker, scope: { cluster: 'c', node: 'n' }, log: silent, logs, callTimeoutMs: 5_000 },
    {
      version: '1',
      image,
      network: { pods: direct, unsharingImage: image },
      oomFloor: 0,
      recursiveReadOnly: false,
    },
  );
  // The fake engine has no processes.
  const pod = { uid: 'u-1', name: 'web', namespace: 'default' };
  const own = { hostNetwork: false, hostPid: false, hostIpc: false, sharedPid: false };
  const id = await runtime.createSandbox({ pod, hostname: 'web', ...own, sysctls: [], ports: [], attempt: 0 });
  const started = runtime.start(id as string);
  await expect(started).rejects.toThrow('the sandbox could not be connected: it has ended');
  await expect(started).rejects.toThrow(ContainerStartError);
  expect(await runtime.containers()).toEqual([]);
  await fake.stop();
});

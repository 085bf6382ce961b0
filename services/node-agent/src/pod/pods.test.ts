import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, type Rig, silent, startRig } from '../../test/rig.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';

let fake: FakeDocker;
let rig: Rig;

beforeEach(async () => {
  fake = await FakeDocker.start({
    programs: {
      run: {},
      stubborn: { ignoresTerm: true },
      ok: { exit: { code: 0, afterMs: 5 } },
      fail: { exit: { code: 3, afterMs: 5 } },
    },
  });
  const runtime = await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
  rig = await startRig({ runtime });
});

afterEach(async () => {
  await rig.stop();
  expect(fake.unknown).toEqual([]);
  await fake.stop();
});

const status = (name: string) => rig.api.pod(name).status ?? {};
const phaseIs = (name: string, phase: string) => eventually(() => expect(status(name).phase).toBe(phase));

describe('a pod', () => {
  it('runs: sandbox and containers are up, its address is known and it is ready', async () => {
    rig.api.create(buildPod('web', { containers: [container('a', 'run'), container('b', 'run')] }));
    await phaseIs('web', 'Running');
    expect(status('web').podIP).toMatch(/^10\.9\./);
    expect(status('web').hostIP).toBe('192.0.2.7');
    expect(status('web').conditions?.map(({ type, status: is }) => `${type}=${is}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ]);
    expect(fake.engine.containers.size).toBe(3);
  });
});

import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, type Rig, type RigOptions, silent, startRig } from '../../test/rig.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import type { StartLimiter } from '../start-limiter.ts';

let fake: FakeDocker;
let rig: Rig;
/** Removals for which nobody waits go on from here. */
let release: PromiseWithResolvers<void>;
/** As while others start without end. */
const limit: StartLimiter = async (urgency, work) => {
  if (urgency === 'removal') await release.promise;
  return work();
};

const open = async (options: Partial<RigOptions> = {}) =>
  startRig({
    runtime: await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent }),
    environment: { limit },
    ...options,
  });

beforeEach(async () => {
  release = Promise.withResolvers();
  fake = await FakeDocker.start({ programs: { run: {}, ok: { exit: { code: 0, afterMs: 2 } } } });
  rig = await open();
});
afterEach(async () => {
  await rig.stop();
  expect(fake.unknown).toEqual([]);
  await fake.stop();
});

const made = () => [...fake.engine.containers.values()];
const runs = (name: string) => eventually(() => expect(rig.api.pod(name).status?.phase).toBe('Running'));
const isGone = (name: string) => eventually(() => expect(rig.api.has(name)).toBe(false));
const states = () => made().map((c) => [c.labels['kubus.io/container'] ?? 'sandbox', c.state]);
const nothingLeft = () => eventually(() => expect(states()).toEqual([]));

describe('while removals give way to starts', () => {
  it('a deleted pod has ended for the API once its containers have, and is removed later', async () => {
    rig.api.create(buildPod('web', { containers: [container('main', 'run'), container('other', 'run')] }));
    await runs('web');
    rig.api.remove('web');
    await isGone('web');
    expect(states()).toEqual([
      ['sandbox', 'running'],
      ['main', 'exited'],
      ['other', 'exited'],
    ]);
    const ends = rig.api.statuses.at(-1)?.status.containerStatuses?.map(({ state }) => state?.terminated?.exitCode);
    expect(ends).toEqual([143, 143]);
    release.resolve();
    await nothingLeft();
  });

  it('the node ports of a pod are free once the API has forgotten it', async () => {
    const ports = [{ containerPort: 80, hostPort: 8080, protocol: 'TCP' as const }];
    rig.api.create(buildPod('web', { containers: [container('main', 'run', { ports })] }));
    await runs('web');
    rig.api.remove('web');
    await isGone('web');
    expect(states()).toEqual([['main', 'exited']]);
    release.resolve();
    await nothingLeft();
  });

  it('an agent that is killed leaves the removal to its successor', async () => {
    rig.api.create(buildPod('web'));
    await runs('web');
    rig.api.remove('web');
    await isGone('web');
    rig.kill();
    expect(states()).not.toEqual([]);
    const { api } = rig;
    rig = await open({ api, environment: {} });
    await nothingLeft();
  });
});

it('a container that could not be removed is removed later', async () => {
  release.resolve();
  let failures = 0;
  fake.before = (route) => {
    if (route.startsWith('DELETE /containers') && failures++ < 2) throw new Error('the engine is unwell');
  };
  rig.api.create(buildPod('web'));
  await runs('web');
  rig.api.remove('web');
  await isGone('web');
  await nothingLeft();
});

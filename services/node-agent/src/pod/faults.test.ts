import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../../test/fake-docker/model.ts';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, type Rig, silent, startRig, tempCheckpoint } from '../../test/rig.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { openCheckpoint } from './checkpoint.ts';

/** What goes wrong around an agent while its pods live. */
let fake: FakeDocker;
let rig: Rig;
let folder: Awaited<ReturnType<typeof tempCheckpoint>>;
/** Added to the clock of the agent; the engine has its own. */
let later = 0;

beforeEach(async () => {
  later = 0;
  fake = await FakeDocker.start({
    programs: { run: {}, stubborn: { ignoresTerm: true }, ok: { exit: { code: 0, afterMs: 2 } } },
  });
  folder = await tempCheckpoint();
  rig = await startRig({ runtime: await open(), now: () => Date.now() + later, checkpoint: folder.checkpoint });
});
afterEach(async () => {
  await rig.stop();
  expect(fake.unknown).toEqual([]);
  await fake.stop();
  await folder.remove();
});

const open = () =>
  DockerRuntime.open({
    ...{ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent },
    callTimeoutMs: 200,
  });
const status = (name: string) => rig.api.pod(name).status ?? {};
const main = (name: string) => status(name).containerStatuses?.[0];
const of = (which: string) =>
  [...fake.engine.containers.values()].filter((c) => c.labels['kubus.io/container'] === which);
const isReady = (name: string) => eventually(() => expect(main(name)?.ready).toBe(true));
const pass = (ms: number, name: string) => {
  later += ms;
  const pod = rig.api.pod(name);
  rig.api.change(name, { ...pod, metadata: { ...pod.metadata, annotations: { touched: `${later}` } } });
};

describe('an engine that hangs', () => {
  it('for longer than a call may take, at each kind of call, delays pods and runs nothing twice', async () => {
    const calls = new Map<string, number>();
    fake.before = async (route) => {
      const before = calls.get(route) ?? 0;
      calls.set(route, before + 1);
      if (before % 2 === 0 && before < 8) await new Promise((resolve) => setTimeout(resolve, 400));
    };
    rig.api.create(buildPod('web', { initContainers: [container('init', 'ok')] }));
    await isReady('web');
    expect(of('main').map((c) => c.starts)).toEqual([1]);
    expect(of('init').map((c) => c.starts)).toEqual([1]);
  });

  it('while a pod is deleted, and then ends it', async () => {
    rig.api.create(buildPod('web'));
    await isReady('web');
    let hang = true;
    fake.before = async (route) => {
      if (hang && route.endsWith('/stop')) await new Promise((resolve) => setTimeout(resolve, 500));
    };
    rig.api.remove('web');
    await eventually(() => expect(rig.api.events).toContain('Killing Stopping container main'));
    hang = false;
    await eventually(() => expect(rig.api.has('web')).toBe(false));
    expect(fake.engine.containers.size).toBe(0);
  });
});

it('a full disk keeps pods from starting and says so; with room again they start, once', async () => {
  let full = true;
  fake.before = (route) => {
    if (full && /create$|\/start$/.test(route)) throw new Refusal(500, 'write: no space left on device');
  };
  rig.api.create(buildPod('web'));
  await eventually(() =>
    expect(rig.api.events.join()).toContain('Failed to create pod sandbox: write: no space left on device'),
  );
  full = false;
  await isReady('web');
  expect(of('main').map((c) => c.starts)).toEqual([1]);
  expect(main('web')?.restartCount).toBe(0);
});

it('a full disk of the agent itself keeps containers from starting; with room again they start, once', async () => {
  const { save } = folder.checkpoint;
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  folder.checkpoint.save = () => Promise.reject(full);
  rig.api.create(buildPod('web', { initContainers: [container('init', 'ok')] }));
  await eventually(() => expect(fake.engine.containers.size).toBeGreaterThan(0));
  expect(of('init').map((c) => c.starts)).not.toContain(1);
  folder.checkpoint.save = save;
  await isReady('web');
  expect(of('init').map((c) => c.starts)).toEqual([1]);
  expect(of('main').map((c) => c.starts)).toEqual([1]);
  expect(main('web')?.restartCount).toBe(0);
});

describe('a clock that is set', () => {
  it.each([
    ['forward', 3_600_000],
    ['back', -3_600_000],
  ])('%s by an hour leaves pods that run alone, and deletes others in time', async (_, ms) => {
    const spec = { containers: [container('main', 'stubborn')], terminationGracePeriodSeconds: 1 };
    rig.api.create(buildPod('web', { ...spec, initContainers: [container('init', 'ok')] }));
    await isReady('web');
    pass(ms, 'web');
    const [first] = of('main');
    rig.api.create(buildPod('next'));
    await isReady('next');
    expect(first?.state).toBe('running');
    expect(main('web')?.restartCount).toBe(0);
    rig.api.remove('web');
    await eventually(() => expect(rig.api.has('web')).toBe(false));
  });

  it('back while a container waits to be started again does not keep it waiting until the clock is there again', async () => {
    rig.api.create(buildPod('web'));
    await isReady('web');
    for (const [i] of [0, 1].entries()) {
      const running = of('main').find((c) => c.state === 'running');
      if (running !== undefined) fake.engine.end(running, 1);
      if (i === 0) await eventually(() => expect(main('web')).toMatchObject({ restartCount: 1, ready: true }));
    }
    await eventually(() => expect(main('web')?.state?.waiting?.reason).toBe('CrashLoopBackOff'));
    pass(-3_600_000, 'web');
    await eventually(() => expect(main('web')).toMatchObject({ restartCount: 2, ready: true }));
  });
});

it('ten minutes without the bus: containers that end are started again meanwhile, and the API hears of all of it', async () => {
  rig.api.create(buildPod('web'));
  rig.api.create(buildPod('job', { restartPolicy: 'Never' }));
  await isReady('web');
  await isReady('job');
  const end = (name: string, code: number) => {
    for (const c of of('main'))
      if (c.state === 'running' && c.labels['kubus.io/pod-name'] === name) fake.engine.end(c, code);
  };
  const starts = () =>
    of('main').filter((c) => c.labels['kubus.io/pod-name'] === 'web' && c.state === 'running').length;
  rig.api.down = new Error('no bus');
  for (let i = 0; i < 4; i++) {
    end('web', 1);
    later += 150_000;
    await eventually(() => expect(starts()).toBe(0));
    pass(150_000, 'web');
    await eventually(() => expect(starts()).toBe(1));
  }
  end('job', 0);
  rig.api.down = undefined;
  await eventually(() => expect(main('web')).toMatchObject({ restartCount: 4, ready: true }));
  await eventually(() => expect(status('job').phase).toBe('Succeeded'));
});

describe('an agent that starts without the bus', () => {
  it.each([
    ['is deleted', () => rig.api.remove('web')],
    ['is evicted', () => rig.manager.doom('uid-web', { reason: 'Evicted', message: 'no room', graceSeconds: 30 })],
  ])('starts nothing again of a pod that %s', async (_, end) => {
    const containers = [container('main', 'run'), container('slow', 'stubborn')];
    rig.api.create(buildPod('web', { containers, terminationGracePeriodSeconds: 30 }));
    rig.api.create(buildPod('other', { containers: [container('other', 'run')] }));
    await isReady('web');
    await isReady('other');
    end();
    await eventually(() => expect(of('main')[0]?.state).toBe('exited'));
    rig.kill();
    const [other] = of('other');
    if (other !== undefined) fake.engine.end(other, 1);
    const checkpoint = await openCheckpoint(folder.dir);
    rig = await startRig({ runtime: await open(), checkpoint, offline: true });
    // By then it has looked at all of them.
    await eventually(() => expect(of('other').map((c) => c.starts)).toEqual([1, 1]));
    expect(of('main').map((c) => c.starts)).toEqual([1]);
    expect(of('slow').map((c) => c.starts)).toEqual([1]);
  });
});

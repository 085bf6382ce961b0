import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../../test/fake-docker/model.ts';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, type Rig, silent, startRig } from '../../test/rig.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';

/** What goes wrong around an agent while its pods live. */
let fake: FakeDocker;
let rig: Rig;
/** Added to the clock of the agent; the engine has its own. */
let later = 0;

beforeEach(async () => {
  later = 0;
  fake = await FakeDocker.start({
    programs: { run: {}, stubborn: { ignoresTerm: true }, ok: { exit: { code: 0, afterMs: 2 } } },
  });
  const scope = { cluster: 'c', node: 'n1' };
  const runtime = await DockerRuntime.open({ docker: fake.docker, scope, log: silent, callTimeoutMs: 200 });
  rig = await startRig({ runtime, now: () => Date.now() + later });
});
afterEach(async () => {
  await rig.stop();
  expect(fake.unknown).toEqual([]);
  await fake.stop();
});

const status = (name: string) => rig.api.pod(name).status ?? {};
const main = (name: string) => status(name).containerStatuses?.[0];
const of = (which: string) =>
  [...fake.engine.containers.values()].filter((c) => c.labels['kubus.io/container'] === which);
const isReady = (name: string) => eventually(() => expect(main(name)?.ready).toBe(true), 20_000);
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
    await eventually(() => expect(rig.api.has('web')).toBe(false), 20_000);
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
    await eventually(() => expect(rig.api.has('web')).toBe(false), 20_000);
  });

  it('back while a container waits to be started again does not keep it waiting for longer than it would', async () => {
    rig.api.create(buildPod('web'));
    await isReady('web');
    for (const [i] of [0, 1].entries()) {
      const running = of('main').find((c) => c.state === 'running');
      if (running !== undefined) fake.engine.end(running, 1);
      if (i === 0) await eventually(() => expect(main('web')?.restartCount).toBe(1));
    }
    await eventually(() => expect(main('web')?.state?.waiting?.reason).toBe('CrashLoopBackOff'));
    pass(-3_600_000, 'web');
    pass(3_600_000 + 11_000, 'web');
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
  await eventually(() => expect(main('web')).toMatchObject({ restartCount: 4, ready: true }), 20_000);
  await eventually(() => expect(status('job').phase).toBe('Succeeded'));
});

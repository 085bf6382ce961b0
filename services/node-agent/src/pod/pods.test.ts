import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApi } from '../../test/fake-api.ts';
import { Refusal } from '../../test/fake-docker/model.ts';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, type Rig, silent, startRig } from '../../test/rig.ts';
import { apiConfigSource } from '../config-source.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';

let fake: FakeDocker;
let rig: Rig;
let runtime: DockerRuntime;

beforeEach(async () => {
  fake = await FakeDocker.start({
    programs: {
      run: {},
      stubborn: { ignoresTerm: true },
      ok: { exit: { code: 0, afterMs: 5 } },
      fail: { exit: { code: 3, afterMs: 5 } },
      missing: { startError: 'exec: "missing": no such file or directory' },
    },
  });
  runtime = await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
  rig = await startRig({ runtime });
});

afterEach(async () => {
  await rig.stop();
  expect(fake.unknown).toEqual([]);
  await fake.stop();
});

const status = (name: string) => rig.api.pod(name).status ?? {};
const phaseIs = (name: string, phase: string) => eventually(() => expect(status(name).phase).toBe(phase));
const stateOf = (name: string, which: string) =>
  [...(status(name).initContainerStatuses ?? []), ...(status(name).containerStatuses ?? [])].find(
    (c) => c.name === which,
  );
const waitingFor = (name: string, reason: string) =>
  eventually(() => expect(stateOf(name, 'main')?.state?.waiting?.reason).toBe(reason));
const made = () => [...fake.engine.containers.values()];
const of = (which: string) => made().filter((c) => c.labels['kubus.io/container'] === which);
const sandboxes = () => made().filter((c) => c.labels['kubus.io/sandbox'] === 'true');
const nothingLeft = () => eventually(() => expect(made().map((c) => c.name)).toEqual([]));

describe('a pod', () => {
  it('runs: its containers are up, its address is known and it is ready', async () => {
    rig.api.create(buildPod('web', { containers: [container('a', 'run'), container('b', 'run')] }));
    await phaseIs('web', 'Running');
    expect(status('web').podIP).toMatch(/^10\.9\./);
    expect(status('web').podIPs).toEqual([{ ip: status('web').podIP }]);
    expect(status('web').hostIP).toBe('192.0.2.7');
    expect(status('web').qosClass).toBe('BestEffort');
    expect(status('web').conditions?.map(({ type, status: is }) => `${type}=${is}`)).toEqual([
      'PodReadyToStartContainers=True',
      'Initialized=True',
      'Ready=True',
      'ContainersReady=True',
      'PodScheduled=True',
    ]);
    expect(stateOf('web', 'a')).toMatchObject({
      ...{ ready: true, started: true, restartCount: 0, imageID: 'sha256:1' },
      containerID: `docker://${of('a')[0]?.id}`,
    });
    expect(made()).toHaveLength(3);
    expect(of('a')[0]?.options.HostConfig?.NetworkMode).toBe(`container:${sandboxes()[0]?.id}`);
  });

  it('tells what happened in events', async () => {
    rig.api.create(buildPod('web'));
    await phaseIs('web', 'Running');
    rig.api.remove('web');
    await nothingLeft();
    expect(rig.api.events).toEqual([
      'Pulled Container image "busybox" already present on machine and can be accessed by the pod',
      'Created Container created',
      'Started Container started',
      'Killing Stopping container main',
    ]);
  });

  it('runs init containers one after the other before the others', async () => {
    const initContainers = [container('first', 'ok'), container('second', 'fail')];
    rig.api.create(buildPod('web', { initContainers, restartPolicy: 'Never' }));
    await phaseIs('web', 'Failed');
    expect(stateOf('web', 'first')).toMatchObject({
      ready: true,
      state: { terminated: { reason: 'Completed', exitCode: 0 } },
    });
    expect(stateOf('web', 'second')?.state?.terminated).toMatchObject({ reason: 'Error', exitCode: 3 });
    expect(stateOf('web', 'main')?.state?.waiting?.reason).toBe('PodInitializing');
    expect(of('main')).toEqual([]);
  });

  it('keeps a sidecar running beside its containers, and ends it after them', async () => {
    const initContainers = [container('proxy', 'run', { restartPolicy: 'Always' }), container('init', 'ok')];
    rig.api.create(buildPod('web', { initContainers, restartPolicy: 'Never', containers: [container('main', 'run')] }));
    await phaseIs('web', 'Running');
    expect(of('proxy')[0]?.state).toBe('running');
    rig.api.remove('web');
    await nothingLeft();
    expect(rig.api.events.filter((e) => e.startsWith('Killing'))).toEqual([
      'Killing Stopping container main',
      'Killing Stopping container proxy',
    ]);
  });

  it('succeeds when all its containers have, and keeps them for their logs, but not its sandbox', async () => {
    rig.api.create(buildPod('job', { restartPolicy: 'OnFailure', containers: [container('main', 'ok')] }));
    await phaseIs('job', 'Succeeded');
    await eventually(() => expect(sandboxes()).toEqual([]));
    expect(status('job')).toMatchObject({ hostIP: '192.0.2.7', podIP: expect.stringMatching(/^10\.9\./) });
    expect(of('main').map((c) => c.state)).toEqual(['exited']);
    expect(status('job').conditions?.find((c) => c.type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'PodCompleted',
    });
  });

  it('fails when a container fails that is never restarted, and starts it once', async () => {
    rig.api.create(buildPod('job', { restartPolicy: 'Never', containers: [container('main', 'fail')] }));
    await phaseIs('job', 'Failed');
    expect(stateOf('job', 'main')?.state?.terminated?.exitCode).toBe(3);
    expect(of('main').map((c) => c.starts)).toEqual([1]);
  });
});

describe('a container that keeps ending', () => {
  it('is restarted at once, and then after a pause of which users are told', async () => {
    rig.api.create(buildPod('web', { containers: [container('main', 'fail')] }));
    await waitingFor('web', 'CrashLoopBackOff');
    expect(stateOf('web', 'main')).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 3 } },
      state: { waiting: { message: 'back-off 10s restarting failed container=main pod=web_default(uid-web)' } },
    });
    expect(status('web').phase).toBe('Running');
    expect(of('main').map((c) => c.starts)).toEqual([1, 1]);
    expect(rig.api.events.filter((e) => e.startsWith('BackOff'))).toEqual([
      'BackOff Back-off restarting failed container main in pod web_default(uid-web)',
    ]);
  });

  it('is restarted when it was killed from outside, and when it was removed', async () => {
    rig.api.create(buildPod('web'));
    await phaseIs('web', 'Running');
    const [first] = of('main');
    if (first !== undefined) fake.engine.remove(first.id, true);
    await eventually(() => expect(stateOf('web', 'main')).toMatchObject({ restartCount: 1, ready: true }));
    expect(stateOf('web', 'main')?.lastState?.terminated).toMatchObject({
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
    });
  });
});

describe('a container that cannot be started', () => {
  it('waits for a ConfigMap that is missing, and starts when it is there', async () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'conf', key: 'a' } } }];
    rig.api.create(buildPod('web', { containers: [container('main', 'run', { env })] }));
    await waitingFor('web', 'CreateContainerConfigError');
    expect(stateOf('web', 'main')?.state?.waiting?.message).toBe('configmap "conf" not found');
    expect(status('web').phase).toBe('Pending');
    rig.api.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'conf' }, data: { a: '1' } });
    await phaseIs('web', 'Running');
    expect(of('main')[0]?.options.Env).toEqual(['A=1']);
  });

  it('waits for the API that it cannot be configured without', async () => {
    await rig.stop();
    const api = new FakeApi();
    let synced = false;
    const services = {
      get synced() {
        return synced;
      },
      waitFor: () => Promise.reject(new Error('late')),
      list: () => [],
    };
    const config = apiConfigSource(api, { services });
    rig = await startRig({ runtime, api, environment: { config } });
    rig.api.create(buildPod('web'));
    await waitingFor('web', 'CreateContainerConfigError');
    const message = 'services have not yet been read at least once, cannot construct envvars';
    expect(stateOf('web', 'main')?.state?.waiting?.message).toBe(message);
    expect(rig.api.events).toContain(`Failed Error: ${message}`);
    synced = true;
    await phaseIs('web', 'Running');
  });

  it('is tried again at once when its pod has changed', async () => {
    await rig.stop();
    rig = await startRig({ runtime, environment: { retryMs: 200_000 } });
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'conf', key: 'a' } } }];
    rig.api.create(buildPod('web', { containers: [container('main', 'run', { env })] }));
    await waitingFor('web', 'CreateContainerConfigError');
    rig.api.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'conf' }, data: { a: '1' } });
    const web = rig.api.pod('web');
    rig.api.change('web', { ...web, metadata: { ...web.metadata, annotations: { touched: 'yes' } } });
    await phaseIs('web', 'Running');
  });

  const unexecuted = { exitCode: 128, reason: 'StartError', message: 'exec: "missing": no such file or directory' };

  it('has ended when its command is not there: it is started again, at once and then after a pause', async () => {
    rig.api.create(buildPod('web', { containers: [container('main', 'missing')] }));
    await waitingFor('web', 'CrashLoopBackOff');
    expect(stateOf('web', 'main')).toMatchObject({ restartCount: 1, lastState: { terminated: unexecuted } });
    expect(rig.api.events).toContain(`Failed Error: ${unexecuted.message}`);
    expect(rig.api.events).not.toContain('Started Container started');
  });

  it('fails a pod that never restarts when its command is not there', async () => {
    rig.api.create(buildPod('job', { restartPolicy: 'Never', containers: [container('main', 'missing')] }));
    await phaseIs('job', 'Failed');
    expect(stateOf('job', 'main')?.state?.terminated).toMatchObject({
      ...unexecuted,
      startedAt: '1970-01-01T00:00:00Z',
      finishedAt: expect.stringMatching(/^20/),
    });
  });

  it('waits for an image that cannot be pulled, longer each time', async () => {
    rig.api.create(buildPod('web', { containers: [{ ...container('main', 'run'), image: 'nowhere/x:1' }] }));
    await waitingFor('web', 'ErrImagePull');
    await waitingFor('web', 'ImagePullBackOff');
    expect(rig.api.events).toEqual(
      expect.arrayContaining([
        'Pulling Pulling image "nowhere/x:1"',
        'Failed Error: ErrImagePull',
        'Failed Error: ImagePullBackOff',
      ]),
    );
  });

  it('never asks a registry when its policy is Never', async () => {
    const main = { ...container('main', 'run'), image: 'nowhere/x:1', imagePullPolicy: 'Never' };
    rig.api.create(buildPod('web', { containers: [main] }));
    await waitingFor('web', 'ErrImageNeverPull');
  });
});

describe('a pod that is deleted', () => {
  it('is stopped with its grace period, then killed, and then gone from the API', async () => {
    rig.api.create(buildPod('web', { containers: [container('main', 'stubborn')], terminationGracePeriodSeconds: 1 }));
    await phaseIs('web', 'Running');
    rig.api.remove('web');
    await nothingLeft();
    await eventually(() => expect(rig.api.has('web')).toBe(false));
    const last = rig.api.statuses.filter(({ name }) => name === 'web').at(-1)?.status;
    expect(last?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(137);
  });

  it('is killed at once when a shorter period is asked for meanwhile', async () => {
    rig.api.create(
      buildPod('web', { containers: [container('main', 'stubborn')], terminationGracePeriodSeconds: 3600 }),
    );
    await phaseIs('web', 'Running');
    rig.api.remove('web');
    await eventually(() => expect(rig.api.events).toContain('Killing Stopping container main'));
    rig.api.remove('web', 0);
    await nothingLeft();
  });

  it('tells how its containers ended, and not that they were removed then', async () => {
    rig.api.create(buildPod('web'));
    await phaseIs('web', 'Running');
    rig.api.remove('web');
    await nothingLeft();
    await eventually(() => expect(rig.api.has('web')).toBe(false));
    const ends = rig.api.statuses.flatMap(({ status }) => status.containerStatuses?.[0]?.state?.terminated ?? []);
    expect(ends.map(({ reason }) => reason)).toEqual([ends[0]?.reason]);
    expect(ends[0]?.reason).not.toBe('ContainerStatusUnknown');
  });

  it('is deleted although it never ran', async () => {
    rig.api.create(buildPod('web', { containers: [{ ...container('main', 'run'), image: 'nowhere/x:1' }] }));
    await waitingFor('web', 'ErrImagePull');
    rig.api.remove('web');
    await nothingLeft();
    await eventually(() => expect(rig.api.has('web')).toBe(false));
    // Who waits for its end (a Job that replaces what has failed) is told of one.
    const last = rig.api.statuses.filter(({ name }) => name === 'web').at(-1)?.status;
    expect(last?.phase).toBe('Failed');
    expect(last?.containerStatuses?.[0]?.state?.terminated?.reason).toBe('ContainerStatusUnknown');
  });

  it('is cleaned up when the API has forgotten it, and its successor of the same name is another pod', async () => {
    rig.api.create(buildPod('web', {}, 'uid-1'));
    await phaseIs('web', 'Running');
    rig.api.forceRemove('web');
    rig.api.create(buildPod('web', {}, 'uid-2'));
    await phaseIs('web', 'Running');
    await eventually(() =>
      expect(new Set(made().map((c) => c.labels['kubus.io/pod-uid']))).toEqual(new Set(['uid-2'])),
    );
  });
});

describe('a sandbox', () => {
  it('that ends takes the containers with it, and all start again in a new one', async () => {
    rig.api.create(buildPod('web', { initContainers: [container('init', 'ok')] }));
    await phaseIs('web', 'Running');
    const [old] = sandboxes();
    if (old !== undefined) fake.engine.end(old, 137);
    await eventually(() => {
      expect(stateOf('web', 'main')).toMatchObject({ restartCount: 1, ready: true });
      expect(stateOf('web', 'init')).toMatchObject({ restartCount: 1, ready: true });
    });
    expect(sandboxes().map((c) => c.state)).toEqual(['running']);
    expect(status('web').podIP).not.toBe(undefined);
  });

  it('is made anew when its network was removed', async () => {
    rig.api.create(buildPod('first'));
    await phaseIs('first', 'Running');
    fake.engine.networks.clear();
    rig.api.create(buildPod('second'));
    await phaseIs('second', 'Running');
    expect(
      rig.api.events.some((e) => e.startsWith('FailedCreatePodSandBox Failed to create pod sandbox: network')),
    ).toBe(true);
  });
});

describe('the engine', () => {
  it('may be away for a while: the pods come up when it is back', async () => {
    await fake.goAway();
    rig.api.create(buildPod('web'));
    await fake.listen();
    await phaseIs('web', 'Running');
  });

  it('may be restarted: everything runs again, each container once more', async () => {
    for (const name of ['a', 'b', 'c']) rig.api.create(buildPod(name));
    for (const name of ['a', 'b', 'c']) await phaseIs(name, 'Running');
    fake.engine.endAll();
    await fake.goAway();
    await fake.listen();
    for (const name of ['a', 'b', 'c'])
      await eventually(() => expect(stateOf(name, 'main')).toMatchObject({ restartCount: 1, ready: true }));
    expect(of('main').filter((c) => c.state === 'running')).toHaveLength(3);
  });

  it('may fail at any kind of call, now and then', async () => {
    const calls = new Map<string, number>();
    fake.before = (route) => {
      const before = calls.get(route) ?? 0;
      calls.set(route, before + 1);
      if (!route.startsWith('GET /events') && before % 4 === 0) throw new Refusal(500, 'the engine is unwell');
    };
    for (const name of ['a', 'b']) rig.api.create(buildPod(name));
    for (const name of ['a', 'b']) await eventually(() => expect(status(name).phase).toBe('Running'), 30_000);
    for (const name of ['a', 'b']) rig.api.remove(name);
    await eventually(() => expect(made()).toEqual([]), 30_000);
  });
});

describe('the API', () => {
  it('may be away: pods run on and are restarted with what they ran with, and it is told later', async () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'conf', key: 'a' } } }];
    rig.api.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'conf' }, data: { a: '1' } });
    rig.api.create(buildPod('web', { containers: [container('main', 'run', { env })] }));
    await phaseIs('web', 'Running');
    rig.api.down = new Error('no bus');
    const [first] = of('main');
    if (first !== undefined) fake.engine.end(first, 1);
    await eventually(() => expect(of('main').map((c) => c.state)).toEqual(['exited', 'running']));
    expect(of('main').at(-1)?.options.Env).toEqual(['A=1']);
    expect(stateOf('web', 'main')?.restartCount).toBe(0);
    rig.api.down = undefined;
    await eventually(() => expect(stateOf('web', 'main')).toMatchObject({ restartCount: 1, ready: true }));
  });

  it('is told again when somebody overwrote the status', async () => {
    rig.api.create(buildPod('web'));
    await phaseIs('web', 'Running');
    const pod = rig.api.pod('web');
    const conditions = pod.status?.conditions?.map((c) => (c.type === 'Ready' ? { ...c, status: 'False' } : c)) ?? [];
    rig.api.change('web', { ...pod, status: { ...pod.status, conditions } });
    await eventually(() => expect(status('web').conditions?.find((c) => c.type === 'Ready')?.status).toBe('True'));
  });
});

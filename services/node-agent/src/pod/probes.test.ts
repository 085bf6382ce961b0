import type { Probe } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, type Rig, silent, startRig } from '../../test/rig.ts';
import type { Outcome, Target } from '../actions/contract.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';

let fake: FakeDocker;
let rig: Rig;
/** What each probe answers, by the path that it asks for. */
let answers: Map<string, Outcome | Error>;
let asked: { path: string; target: Target }[];

const ok: Outcome = { result: 'success', output: '' };
const bad: Outcome = { result: 'failure', output: 'it is unwell' };
const probe = (path: string, more: Partial<Probe> = {}): Probe => ({
  httpGet: { path, port: 80 },
  ...{ periodSeconds: 0.02, failureThreshold: 2, successThreshold: 1 },
  ...more,
});

const open = () => DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
const actions = {
  probe: async ({ httpGet }: Probe, target: Target) => {
    const path = httpGet?.path ?? '';
    asked.push({ path, target });
    const answer = answers.get(path) ?? ok;
    if (answer instanceof Error) throw answer;
    return answer;
  },
  hook: async () => ({}),
};

beforeEach(async () => {
  answers = new Map();
  asked = [];
  fake = await FakeDocker.start({ programs: { run: {}, stubborn: { ignoresTerm: true } } });
  rig = await startRig({ runtime: await open(), environment: { actions } });
});

afterEach(async () => {
  await rig.stop();
  expect(fake.unknown).toEqual([]);
  await fake.stop();
});

const status = () => rig.api.pod('web').status ?? {};
const main = () => status().containerStatuses?.find(({ name }) => name === 'main');
const condition = (type: string) => status().conditions?.find((c) => c.type === type)?.status;
const create = (more: object, spec: Parameters<typeof buildPod>[1] = {}) =>
  rig.api.create(buildPod('web', { containers: [container('main', 'run', more)], ...spec }));
const running = () => eventually(() => expect(main()?.state?.running).not.toBe(undefined));

describe('readiness', () => {
  it('is what the probe says, back and forth, and it is asked at the address of the pod', async () => {
    answers.set('/ready', bad);
    create({ readinessProbe: probe('/ready') });
    await running();
    await eventually(() => expect(asked.length).toBeGreaterThan(2));
    expect([main()?.ready, main()?.started, condition('Ready'), condition('ContainersReady')]).toEqual([
      ...[false, true, 'False', 'False'],
    ]);
    expect(rig.api.events).toContain('Unhealthy Readiness probe failed: it is unwell');
    expect(asked[0]?.target).toMatchObject({ address: status().podIP, id: main()?.containerID?.slice(9) });
    answers.set('/ready', ok);
    await eventually(() => expect([main()?.ready, condition('Ready')]).toEqual([true, 'True']));
    answers.set('/ready', bad);
    await eventually(() => expect([main()?.ready, condition('Ready')]).toEqual([false, 'False']));
    expect(main()?.restartCount).toBe(0);
  });

  it('is left alone by a probe that cannot be carried out, and by one that only warns', async () => {
    create({ readinessProbe: probe('/ready') });
    await eventually(() => expect(main()?.ready).toBe(true));
    answers.set('/ready', new Error('no such port'));
    const text = 'Unhealthy Readiness probe errored and resulted in unknown state: no such port';
    await eventually(() => expect(rig.api.events).toContain(text));
    answers.set('/ready', { result: 'warning', output: 'moved' });
    await eventually(() => expect(rig.api.events).toContain('ProbeWarning Readiness probe warning: moved'));
    expect(main()?.ready).toBe(true);
  });

  it('is not asked for before its initial delay', async () => {
    create({ readinessProbe: probe('/ready', { initialDelaySeconds: 3600 }), livenessProbe: probe('/live') });
    await eventually(() => expect(asked.length).toBeGreaterThan(3));
    expect(new Set(asked.map(({ path }) => path))).toEqual(new Set(['/live']));
    expect(main()?.ready).toBe(false);
  });

  it('survives the agent: its successor begins with what was known, and asks on', async () => {
    create({ readinessProbe: probe('/ready') });
    await eventually(() => expect(main()?.ready).toBe(true));
    rig.kill();
    const before = rig.api.statuses.length;
    asked = [];
    rig = await startRig({ runtime: await open(), environment: { actions }, api: rig.api });
    await eventually(() => expect(asked.length).toBeGreaterThan(2));
    expect(rig.api.statuses.slice(before).every(({ status: s }) => s.containerStatuses?.[0]?.ready)).toBe(true);
  });

  it('of a container that has ended is gone, and its successor is asked anew', async () => {
    create({ readinessProbe: probe('/ready') });
    await eventually(() => expect(main()?.ready).toBe(true));
    answers.set('/ready', bad);
    const [first] = [...fake.engine.containers.values()].filter((c) => c.labels['kubus.io/container'] === 'main');
    if (first !== undefined) fake.engine.end(first, 1);
    await eventually(() => expect(main()).toMatchObject({ restartCount: 1, ready: false, started: true }));
  });

  it('needs the gates of the pod too', async () => {
    create({}, { readinessGates: [{ conditionType: 'example.com/lb' }] });
    await eventually(() => expect(condition('ContainersReady')).toBe('True'));
    expect(status().conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
      message: 'corresponding condition of pod readiness gate "example.com/lb" does not exist.',
    });
    const pod = rig.api.pod('web');
    const gate = { type: 'example.com/lb', status: 'True' };
    rig.api.change('web', { ...pod, status: { ...pod.status, conditions: [...(pod.status?.conditions ?? []), gate] } });
    await eventually(() => expect(condition('Ready')).toBe('True'));
  });
});

describe('liveness', () => {
  it('that is lost ends the container, which is started again', async () => {
    answers.set('/live', bad);
    create({ livenessProbe: probe('/live') });
    await eventually(() => expect(main()?.restartCount).toBe(1));
    expect(rig.api.events).toContain('Unhealthy Liveness probe failed: it is unwell');
    expect(rig.api.events).toContain('Killing Container main failed liveness probe, will be restarted');
  });

  it('may have a grace period of its own', async () => {
    answers.set('/live', bad);
    const livenessProbe = probe('/live', { terminationGracePeriodSeconds: 1 });
    rig.api.create(
      buildPod('web', {
        containers: [container('main', 'stubborn', { livenessProbe })],
        terminationGracePeriodSeconds: 3600,
      }),
    );
    await eventually(() => expect(main()?.lastState?.terminated?.exitCode).toBe(137));
  });

  it('restarts also what then ends well, unless nothing is restarted', async () => {
    answers.set('/live', bad);
    fake.engine.exitOnTerm = 0;
    create({ livenessProbe: probe('/live') }, { restartPolicy: 'OnFailure' });
    await eventually(() => expect(main()?.restartCount).toBe(1));
    rig.api.create({
      ...buildPod('once', {
        restartPolicy: 'Never',
        containers: [container('main', 'run', { livenessProbe: probe('/live') })],
      }),
    });
    await eventually(() => expect(rig.api.pod('once').status?.phase).toBe('Succeeded'));
    expect(rig.api.events).toContain('Killing Container main failed liveness probe');
  });
});

describe('a startup probe', () => {
  it('holds the others off until it succeeds, and is asked no more then', async () => {
    answers.set('/start', bad);
    const probes = { startupProbe: probe('/start', { failureThreshold: 1000 }), livenessProbe: probe('/live') };
    create({ ...probes, readinessProbe: probe('/ready') });
    await eventually(() => expect(asked.length).toBeGreaterThan(3));
    expect(new Set(asked.map(({ path }) => path))).toEqual(new Set(['/start']));
    expect([main()?.started, main()?.ready]).toEqual([false, false]);
    answers.set('/start', ok);
    await eventually(() => expect([main()?.started, main()?.ready]).toEqual([true, true]));
    const until = asked.length + 6;
    await eventually(() => expect(asked.length).toBeGreaterThan(until));
    expect(asked.slice(until - 3).map(({ path }) => path)).not.toContain('/start');
  });

  it('that fails ends the container', async () => {
    answers.set('/start', bad);
    create({ startupProbe: probe('/start') });
    await eventually(() =>
      expect(rig.api.events).toContain('Killing Container main failed startup probe, will be restarted'),
    );
  });

  it('of a sidecar holds off the containers after it', async () => {
    answers.set('/start', bad);
    const startupProbe = probe('/start', { failureThreshold: 1000 });
    create({}, { initContainers: [container('proxy', 'run', { restartPolicy: 'Always', startupProbe })] });
    await eventually(() => expect(asked.length).toBeGreaterThan(3));
    expect(main()?.state?.waiting?.reason).toBe('PodInitializing');
    expect(condition('Initialized')).toBe('False');
    answers.set('/start', ok);
    await running();
  });
});

it('probes end with the pod: liveness does not disturb a container that is being stopped', async () => {
  create({ livenessProbe: probe('/live') });
  await eventually(() => expect(asked.length).toBeGreaterThan(2));
  answers.set('/live', bad);
  rig.api.remove('web');
  await eventually(() => expect(rig.api.has('web')).toBe(false));
  expect(rig.api.events.filter((e) => e.startsWith('Killing'))).toEqual(['Killing Stopping container main']);
});

it('readiness is asked for and told while its container is being stopped', async () => {
  const main = container('main', 'stubborn', { readinessProbe: probe('/ready') });
  create({}, { containers: [main], terminationGracePeriodSeconds: 3600 });
  await eventually(() => expect(condition('Ready')).toBe('True'));
  rig.api.remove('web');
  await eventually(() => expect(rig.api.events).toContain('Killing Stopping container main'));
  answers.set('/ready', bad);
  await eventually(() => expect(condition('Ready')).toBe('False'));
  rig.api.remove('web', 0);
  await eventually(() => expect(rig.api.has('web')).toBe(false));
});

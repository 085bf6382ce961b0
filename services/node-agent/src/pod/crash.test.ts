import { join } from 'node:path';
import type { LifecycleHandler, Pod } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { describe, expect, it } from 'vitest';
import { FakeApi } from '../../test/fake-api.ts';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { archiveOf } from '../../test/image-registry.ts';
import { Mortal } from '../../test/mortal.ts';
import { buildPod, container, silent, startRig, tempCheckpoint } from '../../test/rig.ts';
import { tempVolumes } from '../../test/temp-volumes.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import type { PodVolumes } from '../volumes/index.ts';
import { openCheckpoint } from './checkpoint.ts';
import { terminationLogs } from './termination-log.ts';

/** Calls with which an agent changes the world. */
const runtimeCalls = [
  ...(['createSandbox', 'pullImage', 'imageFiles', 'createContainer', 'start', 'update', 'stop', 'remove'] as const),
];
const volumeCalls = ['setUp', 'fill', 'remove'] as const;
const checkpointCalls = ['save', 'forget'] as const;
const wordCalls = ['provide', 'forget'] as const;
const actionCalls = ['hook'] as const;

interface Story {
  /** What happens to the agent's node; the agent may die at any point of it. */
  act(api: FakeApi, fake: FakeDocker): Promise<void> | void;
  /** How the world looks in the end, whatever happened to the agent. */
  check(api: FakeApi, fake: FakeDocker, hooks: readonly string[], volumes: PodVolumes): void;
}

const of = (fake: FakeDocker, name: string) =>
  [...fake.engine.containers.values()].filter((c) => c.labels['kubus.io/container'] === name);

const hook = (name: string) => ({ exec: { command: [name] } });

/** A pod with everything that takes time: an init container, a sidecar, hooks and probes. */
const elaborate = () =>
  buildPod('web', {
    terminationGracePeriodSeconds: 30,
    initContainers: [
      container('init', 'ok'),
      container('proxy', 'run', {
        restartPolicy: 'Always',
        startupProbe: { ...hook('started'), periodSeconds: 0.01 },
        lifecycle: { preStop: hook('drain') },
      }),
    ],
    containers: [
      container('main', 'run', {
        readinessProbe: { ...hook('ready'), periodSeconds: 0.01 },
        livenessProbe: { ...hook('alive'), periodSeconds: 0.01 },
        lifecycle: { postStart: hook('greet'), preStop: hook('farewell') },
      }),
      container('other', 'run'),
    ],
  });

/** A pod with files, some from an image, of an image that is not there yet. */
async function withVolume(api: FakeApi, fake: FakeDocker): Promise<Pod> {
  fake.privateImages.set('far', '');
  fake.engine.images.add('files:1');
  fake.archives.set('files:1', await archiveOf({ a: '1' }));
  api.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'conf' }, data: { a: '1' } });
  const volumeMounts = ['conf', 'files'].map((name) => ({ name, mountPath: `/${name}` }));
  const volumes = [
    { name: 'conf', configMap: { name: 'conf' } },
    { name: 'files', image: { reference: 'files:1', pullPolicy: 'IfNotPresent' } },
  ];
  return buildPod('web', { volumes, containers: [{ ...container('main', 'run'), image: 'far:1', volumeMounts }] });
}

const stories: Record<string, Story> = {
  'a pod that comes up': {
    act: (api) => void api.create(buildPod('web', { initContainers: [container('init', 'ok')] })),
    check: (api, fake) => {
      expect(api.pod('web').status?.phase).toBe('Running');
      expect(api.pod('web').status?.containerStatuses?.[0]).toMatchObject({ ready: true, restartCount: 0 });
      expect(of(fake, 'main').map((c) => [c.state, c.starts])).toEqual([['running', 1]]);
      expect(of(fake, 'init').map((c) => c.starts)).toEqual([1]);
    },
  },
  'a pod that runs once': {
    act: (api) => void api.create(buildPod('job', { restartPolicy: 'Never', containers: [container('main', 'ok')] })),
    check: (api, fake) => {
      expect(api.pod('job').status?.phase).toBe('Succeeded');
      expect(api.pod('job').status?.podIP).toMatch(/^10\.9\./);
      expect(of(fake, 'main').map((c) => [c.state, c.starts])).toEqual([['exited', 1]]);
      expect(fake.engine.containers.size).toBe(1);
    },
  },
  'a pod whose command is not there': {
    act: (api) => void api.create(buildPod('job', { restartPolicy: 'Never', containers: [container('main', 'none')] })),
    check: (api, fake) => {
      const { phase, containerStatuses: [main] = [] } = api.pod('job').status ?? {};
      expect([phase, main?.state?.terminated?.reason, main?.restartCount]).toEqual(['Failed', 'StartError', 0]);
      expect(of(fake, 'main').map((c) => [c.state, c.starts])).toEqual([['created', 0]]);
      expect(fake.engine.containers.size).toBe(1);
    },
  },
  'a pod that is deleted': {
    act: async (api) => {
      api.create(buildPod('web', { containers: [container('main', 'run'), container('other', 'run')] }));
      await eventually(() => expect(api.pod('web').status?.phase).toBe('Running'));
      api.remove('web');
    },
    check: (api, fake) => {
      expect(api.has('web')).toBe(false);
      expect(fake.engine.containers.size).toBe(0);
    },
  },
  'a pod with init containers, sidecars, probes and hooks': {
    act: (api) => void api.create(elaborate()),
    check: (api, fake, hooks) => {
      const { status } = api.pod('web');
      expect(status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
      for (const name of ['init', 'proxy', 'main', 'other']) expect(of(fake, name).map((c) => c.starts)).toEqual([1]);
      // At least once; twice when the agent did not live to see its end.
      expect(hooks.filter((name) => name === 'greet').length).toBeLessThanOrEqual(2);
      expect(hooks).toContain('greet');
    },
  },
  'a pod all of whose containers are restarted': {
    act: async (api, fake) => {
      const rules = [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [42] } }];
      const watcher = container('watcher', 'run', { restartPolicyRules: rules });
      const containers = [container('main', 'run'), watcher];
      api.create(buildPod('gang', { restartPolicy: 'Never', initContainers: [container('init', 'ok')], containers }));
      await eventually(() => expect(api.pod('gang').status?.phase).toBe('Running'));
      const [first] = of(fake, 'watcher');
      if (first !== undefined) fake.engine.end(first, 42);
    },
    check: (api, fake) => {
      const { initContainerStatuses = [], containerStatuses = [] } = api.pod('gang').status ?? {};
      const counts = [...initContainerStatuses, ...containerStatuses].map(({ restartCount }) => restartCount);
      expect(counts).toEqual([1, 1, 1]);
      expect(containerStatuses.map(({ ready }) => ready)).toEqual([true, true]);
      for (const name of ['init', 'main', 'watcher']) expect(of(fake, name).map((c) => c.starts)).toEqual([1, 1]);
    },
  },
  'a pod with volumes whose image has to be pulled': {
    act: async (api, fake) => void api.create(await withVolume(api, fake)),
    check: (api, fake, _hooks, volumes) => {
      expect(api.pod('web').status?.containerStatuses?.[0]).toMatchObject({ ready: true, restartCount: 0 });
      expect(of(fake, 'main').map((c) => [c.state, c.starts])).toEqual([['running', 1]]);
      expect([...fake.engine.containers.values()].filter((c) => c.name.includes('files'))).toEqual([]);
      expect(volumes.uids()).toEqual(['uid-web']);
    },
  },
  'a pod with volumes that is deleted': {
    act: async (api, fake) => {
      api.create(await withVolume(api, fake));
      await eventually(() => expect(api.pod('web').status?.phase).toBe('Running'));
      api.remove('web');
    },
    check: (api, fake, _hooks, volumes) => {
      expect(api.has('web')).toBe(false);
      expect(fake.engine.containers.size).toBe(0);
      expect(volumes.uids()).toEqual([]);
    },
  },
  'a pod whose resources change': {
    act: async (api) => {
      const sized = (cpu: string) => [container('main', 'run', { resources: { requests: { cpu } } })];
      const pod = api.create(buildPod('web', { containers: sized('250m') }));
      await eventually(() => expect(api.pod('web').status?.phase).toBe('Running'));
      api.change('web', { ...api.pod('web'), spec: { ...pod.spec, containers: sized('500m') } });
    },
    check: (api, fake) => {
      expect(of(fake, 'main').map((c) => [c.starts, c.options.HostConfig])).toMatchObject([[1, { CpuShares: 512 }]]);
      expect(api.pod('web').status?.containerStatuses?.[0]?.allocatedResources).toEqual({ cpu: '500m' });
    },
  },
  'a pod that is looked into': {
    act: async (api) => {
      const pod = api.create(buildPod('web'));
      await eventually(() => expect(api.pod('web').status?.phase).toBe('Running'));
      const ephemeralContainers = [{ ...container('debugger', 'run'), targetContainerName: 'main' }];
      api.change('web', { ...api.pod('web'), spec: { containers: [], ...pod.spec, ephemeralContainers } });
    },
    check: (api, fake) => {
      expect(api.pod('web').status?.ephemeralContainerStatuses?.[0]?.state?.running).toBeDefined();
      for (const name of ['main', 'debugger']) expect(of(fake, name).map((c) => c.starts)).toEqual([1]);
    },
  },
  'a pod whose container is removed by somebody else': {
    act: async (api, fake) => {
      api.create(buildPod('web', { containers: [container('main', 'run'), container('other', 'run')] }));
      await eventually(() => expect(api.pod('web').status?.phase).toBe('Running'));
      const [removed] = of(fake, 'main');
      if (removed === undefined) return;
      fake.engine.end(removed, 137);
      fake.engine.remove(removed.id, true);
    },
    check: (api, fake) => {
      const counts = api.pod('web').status?.containerStatuses?.map(({ ready, restartCount }) => [ready, restartCount]);
      expect(counts).toEqual([
        [true, 1],
        [true, 0],
      ]);
      expect(of(fake, 'main').map((c) => c.starts)).toEqual([1]);
      expect(of(fake, 'other').map((c) => c.starts)).toEqual([1]);
    },
  },
  'a pod whose deadline passes': {
    act: async (api) => {
      api.create(buildPod('late', { activeDeadlineSeconds: 600 }));
      await eventually(() => expect(api.pod('late').status?.phase).toBe('Running'));
      const pod = api.pod('late');
      api.change('late', { ...pod, status: { ...pod.status, startTime: '2026-01-01T00:00:00Z' } });
    },
    check: (api, fake) => {
      expect(api.pod('late').status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
      expect([...fake.engine.containers.values()].filter(({ state }) => state === 'running')).toEqual([]);
    },
  },
  'a pod with hooks and sidecars that is deleted': {
    act: async (api) => {
      api.create(elaborate());
      const ready = () => api.pod('web').status?.conditions?.find(({ type }) => type === 'Ready')?.status;
      await eventually(() => expect(ready()).toBe('True'));
      api.remove('web');
    },
    check: (api, fake, hooks) => {
      expect(api.has('web')).toBe(false);
      expect(fake.engine.containers.size).toBe(0);
      expect(new Set(hooks)).toEqual(new Set(['greet', 'farewell', 'drain']));
    },
  },
};

/** Runs the story with an agent that dies at one of its calls, and another agent after it. `died` is false when the first did not live to see that call. */
async function runWithDeath(
  story: Story,
  dieAt: number,
  moment: 'before' | 'after',
): Promise<{ died: boolean; calls: readonly string[] }> {
  const fake = await FakeDocker.start({
    programs: {
      run: {},
      '/': {},
      ok: { exit: { code: 0, afterMs: 2 } },
      none: { startError: 'exec: "none": not found' },
    },
  });
  const folder = await tempCheckpoint();
  const api = new FakeApi();
  const mortal = new Mortal(dieAt, moment);
  const temp = await tempVolumes(api);
  const hooks: string[] = [];
  const actions = {
    probe: async () => ({ result: 'success' as const, output: '' }),
    hook: async ({ exec }: LifecycleHandler) => {
      hooks.push(exec?.command?.[0] ?? '');
      return {};
    },
  };
  const logs = () => terminationLogs(join(folder.dir, 'words'));
  const open = () => DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
  const first = await startRig({
    api,
    runtime: mortal.hold(await open(), runtimeCalls),
    volumes: mortal.hold(temp.volumes, volumeCalls),
    checkpoint: mortal.hold(folder.checkpoint, checkpointCalls),
    environment: {
      actions: mortal.hold(actions, actionCalls),
      terminationLogs: mortal.hold(logs(), wordCalls),
    },
  });
  const acted = Promise.resolve(story.act(api, fake));
  const finished = acted.then(() => eventually(() => story.check(api, fake, hooks, temp.volumes)));
  finished.catch(() => undefined);
  const died = await Promise.race([mortal.died.promise.then(() => true), finished.then(() => false)]);
  first.kill();
  temp.volumes.stop();
  const volumes = await temp.reopen();
  const second = await startRig({
    api,
    volumes,
    runtime: await open(),
    checkpoint: await openCheckpoint(folder.dir),
    environment: { actions, terminationLogs: logs() },
  });
  await acted;
  await eventually(() => story.check(api, fake, hooks, volumes));
  await second.stop();
  expect(fake.unknown).toEqual([]);
  await fake.stop();
  await folder.remove();
  await temp.remove();
  return { died, calls: mortal.calls };
}

describe.each(Object.entries(stories))('%s', (_, story) => {
  it.each([
    'before',
    'after',
  ] as const)('ends as it should when the agent is killed %s any of its calls', async (moment) => {
    let calls = 0;
    while ((await runWithDeath(story, calls, moment)).died) calls++;
    expect(calls).toBeGreaterThan(4);
  });
});

it('between them the stories make every call with which an agent changes the world', async () => {
  const made = new Set<string>();
  for (const story of Object.values(stories)) {
    const { calls } = await runWithDeath(story, Number.POSITIVE_INFINITY, 'before');
    for (const call of calls) made.add(call);
  }
  const all = [...runtimeCalls, ...volumeCalls, ...checkpointCalls, ...wordCalls, ...actionCalls];
  expect([...made].sort()).toEqual([...new Set(all)].sort());
});

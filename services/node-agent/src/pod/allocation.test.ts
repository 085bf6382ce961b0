import type { Pod, ResourceRequirements } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, type Rig, silent, startRig, tempCheckpoint } from '../../test/rig.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { allocationOf, asAllocated } from './allocation.ts';
import { openCheckpoint } from './checkpoint.ts';
import type { PodEnvironment } from './environment.ts';
import { compareResizes, pendingResize } from './resize.ts';

let fake: FakeDocker;
let rig: Rig;
let folder: Awaited<ReturnType<typeof tempCheckpoint>>;
/** Bytes that every container uses. */
let usage: number;

/** The node has 4 cores and 8 GiB. */
beforeEach(async () => {
  usage = 0;
  fake = await FakeDocker.start({ programs: { run: {} }, images: ['busybox'] });
  folder = await tempCheckpoint();
  rig = await startRig({ runtime: await open(), checkpoint: folder.checkpoint, environment });
});
afterEach(async () => {
  await rig.stop();
  expect(fake.unknown).toEqual([]);
  await fake.stop();
  await folder.remove();
});

const environment: Partial<PodEnvironment> = { memoryUsage: async () => usage };
const open = () => DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
const asks = (cpu: string, memory = '64Mi'): ResourceRequirements => ({ requests: { cpu, memory } });
const containers = (pod = 'web', name = 'main') =>
  [...fake.engine.containers.values()].filter(
    ({ labels }) => labels['kubus.io/container'] === name && labels['kubus.io/pod-name'] === pod,
  );
const shares = (pod = 'web', name = 'main') =>
  containers(pod, name)
    .filter(({ state }) => state === 'running')
    .map(({ options: { HostConfig } }) => (HostConfig as { CpuShares?: number }).CpuShares);
const statusOf = (pod: string) => rig.api.pod(pod).status;
const main = (pod = 'web') => statusOf(pod)?.containerStatuses?.[0];
const condition = (type: string, pod = 'web') => statusOf(pod)?.conditions?.find((c) => c.type === type);
const told = () => rig.api.events.filter((event) => event.startsWith('Resize'));

/** As pods/resize does it, which counts as a new generation. */
function resize(name: string, resources: ResourceRequirements): void {
  const pod = rig.api.pod(name);
  const [before = container('main', 'run')] = pod.spec?.containers ?? [];
  const metadata = { ...pod.metadata, generation: (pod.metadata.generation ?? 0) + 1 };
  rig.api.change(name, { ...pod, metadata, spec: { ...pod.spec, containers: [{ ...before, resources }] } });
}
async function create(name: string, resources: ResourceRequirements, spec: Partial<Pod['spec']> = {}): Promise<void> {
  rig.api.create(buildPod(name, { containers: [container('main', 'run', { resources })], ...spec }));
  await eventually(() => expect(main(name)?.ready).toBe(true));
}
/** The agent is killed, something happens, and another one starts. */
async function restartAgent(meanwhile: () => unknown = () => undefined, offline = false): Promise<void> {
  const { api } = rig;
  rig.kill();
  await rig.stop();
  await meanwhile();
  const checkpoint = await openCheckpoint(folder.dir);
  rig = await startRig({ api, runtime: await open(), checkpoint, environment, offline });
}
const end = () => {
  for (const each of containers()) fake.engine.end(each, 1);
};

it.each([
  ['Infeasible', '5'],
  ['Deferred', '2'],
])('a container that ends while its resize is %s is started with what it had, and the resize waits on', async (reason, cpu) => {
  await create('other', asks('3'));
  await create('web', asks('250m'));
  resize('web', asks(cpu));
  await eventually(() => expect(condition('PodResizePending')).toMatchObject({ reason, observedGeneration: 2 }));
  end();
  await eventually(() => expect(main()).toMatchObject({ restartCount: 1, ready: true }));
  expect(shares()).toEqual([256]);
  end();
  await eventually(() => expect(main()?.state?.waiting?.reason).toBe('CrashLoopBackOff'));
  expect(main()).toMatchObject({ allocatedResources: { cpu: '250m' }, resources: asks('250m') });
  expect(condition('PodResizePending')).toMatchObject({ reason, observedGeneration: 2 });
});

it('an agent that starts anew starts containers with what was allocated to them, also without the bus', async () => {
  await create('web', asks('250m'));
  resize('web', asks('5'));
  await eventually(() => expect(condition('PodResizePending')?.reason).toBe('Infeasible'));
  await restartAgent(end);
  await eventually(() => expect(main()).toMatchObject({ restartCount: 1, ready: true }));
  expect(shares()).toEqual([256]);
  // The pod on disk may be one that asks for more.
  const attempts = new Map([
    ['', 0],
    ['main', 1],
  ]);
  const allocated = { containers: { main: asks('250m') } };
  const progress = { attempts, postStarted: new Map<string, number>(), podIPs: [], allocated };
  await restartAgent(async () => {
    await folder.checkpoint.save(rig.api.pod('web'), progress);
    end();
  }, true);
  await eventually(() => expect(containers().length).toBeGreaterThan(1));
  await eventually(() => expect(shares()).toEqual([256]));
  await restartAgent();
  await eventually(() => expect(condition('PodResizePending')?.reason).toBe('Infeasible'));
  expect(main()).toMatchObject({ allocatedResources: { cpu: '250m' } });
});

it('what was allocated once is not decided on again by the next agent', async () => {
  await create('web', asks('250m'));
  resize('web', asks('250m', '128Mi'));
  await eventually(() => expect(main()?.allocatedResources).toEqual({ cpu: '250m', memory: '128Mi' }));
  await restartAgent();
  await create('other', asks('250m'));
  expect(told().filter((event) => event.startsWith('ResizeStarted'))).toHaveLength(1);
});

it('a resize that was allocated and not done is gone on with by the next agent', async () => {
  await create('web', { ...asks('250m'), limits: { memory: '128Mi' } });
  usage = 100 * 2 ** 20;
  resize('web', { ...asks('250m'), limits: { memory: '64Mi' } });
  await eventually(() => expect(condition('PodResizeInProgress')?.reason).toBe('Error'));
  usage = 0;
  await restartAgent();
  await eventually(() => expect(condition('PodResizeInProgress')).toBe(undefined));
  expect(containers()).toMatchObject([{ options: { HostConfig: { Memory: 64 * 2 ** 20 } } }]);
  expect(told().filter((event) => event.startsWith('ResizeStarted'))).toHaveLength(1);
});

it('room that comes free goes to the pod of the highest priority first', async () => {
  await create('other', asks('3'));
  await create('low', asks('250m'));
  await create('high', asks('250m'), { priority: 10 });
  resize('low', asks('2'));
  await eventually(() => expect(condition('PodResizePending', 'low')?.reason).toBe('Deferred'));
  resize('high', asks('3'));
  await eventually(() => expect(condition('PodResizePending', 'high')?.reason).toBe('Deferred'));
  rig.api.forceRemove('other');
  await eventually(() => expect(shares('high')).toEqual([3072]));
  await eventually(() => expect(condition('PodResizePending', 'high')).toBe(undefined));
  expect(shares('low')).toEqual([256]);
  resize('high', asks('1'));
  await eventually(() => expect(shares('low')).toEqual([2048]));
});

it('room that a pod leaves that ends is given to others', async () => {
  await create('other', asks('3'), { restartPolicy: 'Never' });
  await create('web', asks('250m'));
  resize('web', asks('2'));
  await eventually(() => expect(condition('PodResizePending')?.reason).toBe('Deferred'));
  for (const each of containers('other')) fake.engine.end(each, 0);
  await eventually(() => expect(shares()).toEqual([2048]));
});

it('a resize is told of in events: that it waits, begins, fails and is done', async () => {
  await create('web', { ...asks('250m'), limits: { memory: '128Mi' } });
  resize('web', { ...asks('5'), limits: { memory: '128Mi' } });
  await eventually(() => expect(told()).toHaveLength(1));
  usage = 100 * 2 ** 20;
  resize('web', { limits: { memory: '64Mi' }, ...asks('500m') });
  await eventually(() => expect(condition('PodResizeInProgress')?.reason).toBe('Error'));
  usage = 0;
  await eventually(() => expect(condition('PodResizeInProgress')).toBe(undefined));
  const [waits, begins] = [
    '{"containers":[{"name":"main","resources":{"limits":{"memory":"128Mi"},"requests":{"cpu":"5","memory":"64Mi"}}}],"generation":2',
    '{"containers":[{"name":"main","resources":{"limits":{"memory":"64Mi"},"requests":{"cpu":"500m","memory":"64Mi"}}}],"generation":3',
  ];
  const below = 'attempting to set container \\"main\\" memory limit (67108864) below current usage (104857600)';
  expect(told()).toEqual([
    `ResizeInfeasible Pod resize Infeasible: ${waits},"error":"Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000"}`,
    `ResizeStarted Pod resize started: ${begins}}`,
    `ResizeError Pod resize error: ${begins},"error":"${below}"}`,
    `ResizeCompleted Pod resize completed: ${begins}}`,
  ]);
});

it('one resize may wait behind another that is under way, each of its own generation', async () => {
  await create('web', { ...asks('250m'), limits: { memory: '128Mi' } });
  usage = 100 * 2 ** 20;
  resize('web', { ...asks('250m'), limits: { memory: '64Mi' } });
  await eventually(() => expect(condition('PodResizeInProgress')?.reason).toBe('Error'));
  resize('web', { ...asks('5'), limits: { memory: '64Mi' } });
  await eventually(() => expect(condition('PodResizePending')).toMatchObject({ observedGeneration: 3 }));
  expect(condition('PodResizeInProgress')).toMatchObject({ observedGeneration: 2, reason: 'Error' });
  expect(main()).toMatchObject({ resources: { limits: { memory: '128Mi' } } });
  resize('web', { ...asks('250m'), limits: { memory: '128Mi' } });
  await eventually(() =>
    expect([condition('PodResizePending'), condition('PodResizeInProgress')]).toEqual([undefined, undefined]),
  );
});

it('a sidecar gets other limits while it runs; what an init container asks for is no resize', async () => {
  const sidecar = container('proxy', 'run', { restartPolicy: 'Always', resources: asks('250m') });
  await create('web', asks('250m'), { initContainers: [sidecar] });
  const pod = rig.api.pod('web');
  const initContainers = [{ ...sidecar, resources: asks('500m') }];
  rig.api.change('web', { ...pod, spec: { containers: [], ...pod.spec, initContainers } });
  await eventually(() => expect(shares('web', 'proxy')).toEqual([512]));
  await eventually(() =>
    expect(statusOf('web')?.initContainerStatuses?.[0]?.allocatedResources).toEqual({ cpu: '500m', memory: '64Mi' }),
  );
  const init = container('setup', 'run', { resources: asks('1') });
  const allocated = allocationOf(buildPod('a', { initContainers: [sidecar, init] }));
  const more = { ...init, resources: asks('2') };
  const wanted = buildPod('a', { initContainers: [{ ...sidecar, resources: asks('500m') }, more] });
  expect(asAllocated(wanted, allocated).spec?.initContainers).toEqual([sidecar, more]);
});

it('the same amount written in another way is no resize', () => {
  const pod = buildPod('a', { containers: [container('main', 'run', { resources: asks('500m', '1Gi') })] });
  const same = buildPod('a', { containers: [container('main', 'run', { resources: asks('0.5', '1024Mi') })] });
  expect(asAllocated(same, allocationOf(pod))).toBe(same);
});

it('what takes nothing is tried first, then by priority, class of service and time', () => {
  const guaranteed = { requests: { cpu: '2', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi' } };
  const request = (name: string, resources: ResourceRequirements, priority = 0, since?: string) => {
    const pod = buildPod(name, { containers: [container('main', 'run', { resources })], priority });
    const conditions =
      since === undefined ? [] : [{ type: 'PodResizePending', status: 'True', lastTransitionTime: since }];
    const allocated = { ...pod, spec: { containers: [container('main', 'run', { resources: asks('1') })] } };
    return { pod: { ...pod, status: { conditions } }, allocated };
  };
  const inOrder = [
    request('shrinks', asks('500m')),
    request('urgent', asks('2'), 10, '2026-01-01T00:00:09Z'),
    request('guaranteed', guaranteed, 0, '2026-01-01T00:00:09Z'),
    request('first', asks('2'), 0, '2026-01-01T00:00:01Z'),
    request('later', asks('2'), 0, '2026-01-01T00:00:02Z'),
    request('new', asks('2')),
  ];
  expect(inOrder.toReversed().sort(compareResizes)).toEqual(inOrder);
});

it('what the node lacks alone counts before what it lacks beside others', () => {
  const of = (resources: ResourceRequirements) =>
    buildPod('a', { containers: [container('main', 'run', { resources })] });
  const room = { cpuMillis: 4000, memoryBytes: 2 ** 30 };
  expect(pendingResize(of(asks('5', '2Gi')), [], room)?.message).toMatch(/^Node didn't have enough capacity: memory/);
  expect(pendingResize(of(asks('2', '2Gi')), [of(asks('3'))], room)?.reason).toBe('Infeasible');
  expect(pendingResize(of(asks('2')), [of(asks('3'))], room)).toEqual({
    reason: 'Deferred',
    message: "Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000",
  });
});

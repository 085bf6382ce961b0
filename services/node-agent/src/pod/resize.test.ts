import type { ResourceRequirements } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, type Rig, silent, startRig } from '../../test/rig.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';

let fake: FakeDocker;
let rig: Rig;

/** The node has 4 cores and 8 GiB. */
beforeEach(async () => {
  fake = await FakeDocker.start({ programs: { run: {} }, images: ['busybox', 'busybox:2'] });
  const runtime = await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
  rig = await startRig({ runtime });
});
afterEach(async () => {
  await rig.stop();
  expect(fake.unknown).toEqual([]);
  await fake.stop();
});

const requests = (cpu: string, memory = '64Mi'): ResourceRequirements => ({ requests: { cpu, memory } });
const main = () => rig.api.pod('web').status?.containerStatuses?.[0];
const hosts = () =>
  [...fake.engine.containers.values()]
    .filter((c) => c.labels['kubus.io/container'] === 'main' && c.labels['kubus.io/pod-name'] === 'web')
    .map((c) => c.options.HostConfig);
const condition = (type: string) => rig.api.pod('web').status?.conditions?.find((c) => c.type === type);
const change = (more: object) => {
  const pod = rig.api.pod('web');
  const [before] = pod.spec?.containers ?? [];
  if (before !== undefined)
    rig.api.change('web', { ...pod, spec: { ...pod.spec, containers: [{ ...before, ...more }] } });
};
const create = async (resources: ResourceRequirements, more: object = {}) => {
  rig.api.create(
    buildPod('web', { containers: [container('main', 'run', { resources, ...more })], restartPolicy: 'Never' }),
  );
  await eventually(() => expect(main()?.ready).toBe(true));
};

it('changes the limits of a container that runs, without a restart', async () => {
  await create({ ...requests('250m'), limits: { memory: '128Mi' } });
  expect(hosts()).toMatchObject([{ CpuShares: 256, Memory: 128 * 2 ** 20 }]);
  change({ resources: { ...requests('500m'), limits: { cpu: '1', memory: '256Mi' } } });
  await eventually(() => expect(hosts()).toMatchObject([{ CpuShares: 512, CpuQuota: 100_000, Memory: 256 * 2 ** 20 }]));
  await eventually(() => expect(main()).toMatchObject({ restartCount: 0, resources: { limits: { cpu: '1' } } }));
  expect(main()?.allocatedResources).toEqual({ cpu: '500m', memory: '64Mi' });
  expect([condition('PodResizePending'), condition('PodResizeInProgress')]).toEqual([undefined, undefined]);
});

it('restarts a container that asks for that, also where nothing else is restarted', async () => {
  const resizePolicy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }];
  await create(requests('250m'), { resizePolicy });
  change({ resources: requests('500m') });
  await eventually(() => expect(main()).toMatchObject({ restartCount: 1, ready: true }));
  expect(rig.api.events).toContain('Killing Container main resize requires restart');
});

it('leaves a pod as it is that asks for more than the node has, and says so', async () => {
  await create(requests('250m'));
  change({ resources: requests('5') });
  await eventually(() =>
    expect(condition('PodResizePending')).toMatchObject({
      reason: 'Infeasible',
      message: "Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000",
    }),
  );
  expect(hosts()).toMatchObject([{ CpuShares: 256 }]);
  expect(main()?.allocatedResources).toEqual({ cpu: '250m', memory: '64Mi' });
});

it('waits for room beside the other pods', async () => {
  await create(requests('250m'));
  rig.api.create(buildPod('other', { containers: [container('main', 'run', { resources: requests('3') })] }));
  await eventually(() => expect(rig.api.pod('other').status?.phase).toBe('Running'));
  change({ resources: requests('2') });
  await eventually(() => expect(condition('PodResizePending')?.reason).toBe('Deferred'));
  rig.api.forceRemove('other');
  await eventually(() => expect(hosts()).toMatchObject([{ CpuShares: 2048 }]));
  await eventually(() => expect(condition('PodResizePending')).toBe(undefined));
});

it('tells when the engine refuses', async () => {
  await create({ ...requests('250m'), limits: { memory: '128Mi' } });
  change({ resources: { ...requests('250m', '16Mi'), limits: { memory: '16Mi' } } });
  await eventually(() =>
    expect(condition('PodResizeInProgress')).toMatchObject({ reason: 'Error', message: 'device or resource busy' }),
  );
});

it('replaces a container whose image was changed', async () => {
  await create(requests('250m'));
  change({ image: 'busybox:2' });
  await eventually(() => expect(main()).toMatchObject({ restartCount: 1, ready: true, image: 'busybox:2' }));
  expect(rig.api.events).toContain('Killing Container main definition changed, will be restarted');
});

it('a container without limits has those of its pod, and gets others with it', async () => {
  const whole = (cpu: string, memory: string) => ({ resources: { limits: { cpu, memory } } });
  const pod = rig.api.create(buildPod('web', { containers: [container('main', 'run')], ...whole('1', '128Mi') }));
  await eventually(() => expect(hosts()).toMatchObject([{ CpuQuota: 100_000, Memory: 128 * 2 ** 20 }]));
  await eventually(() => expect(main()?.ready).toBe(true));
  rig.api.change('web', {
    ...rig.api.pod('web'),
    spec: { ...(pod.spec ?? { containers: [] }), ...whole('2', '256Mi') },
  });
  await eventually(() => expect(hosts()).toMatchObject([{ CpuQuota: 200_000, Memory: 256 * 2 ** 20 }]));
  await eventually(() => expect(rig.api.pod('web').status?.resources).toEqual(whole('2', '256Mi').resources));
  expect(main()?.restartCount).toBe(0);
});

it('holds a container that keeps ending off no more once its image is changed', async () => {
  rig.api.create(buildPod('web', { containers: [container('main', 'run')] }));
  const end = async (restartCount: number) => {
    await eventually(() => expect(main()).toMatchObject({ restartCount, ready: true }));
    const running = [...fake.engine.containers.values()].find(
      (c) => c.state === 'running' && c.labels['kubus.io/container'] === 'main',
    );
    if (running !== undefined) fake.engine.end(running, 1);
  };
  await end(0);
  await end(1);
  await eventually(() => expect(main()?.state?.waiting?.reason).toBe('CrashLoopBackOff'));
  change({ image: 'busybox:2' });
  await end(2);
  await eventually(() =>
    expect(main()?.state?.waiting?.message).toMatch(/^back-off 10s restarting failed container=main/),
  );
});

import type { Container, Pod } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { describe, expect, it } from 'vitest';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, silent, startRig } from '../../test/rig.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { oomScoreAdj } from './oom-score.ts';

const gibi = 2 ** 30;
const capacity = 10 * gibi;
const asks = (name: string, memory?: string, more: object = {}): Container =>
  container(name, 'run', { ...(memory === undefined ? {} : { resources: { requests: { memory } } }), ...more });
const sidecar = (memory?: string) => asks('proxy', memory, { restartPolicy: 'Always' });
const scores = (pod: Pod) =>
  [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map((each) =>
    oomScoreAdj(pod, each, capacity),
  );
const score = (memory: string | undefined, spec: object = {}) =>
  scores(buildPod('web', { containers: [asks('main', memory), asks('other', '1Gi')], ...spec }))[0];

describe('a container is ended', () => {
  it('the later, the more of the memory it asks for, within the bounds of its class', () => {
    expect(score('1Gi')).toBe(900);
    expect(score('5Gi')).toBe(500);
    expect(score('10Gi')).toBe(3);
    expect(score(undefined)).toBe(999);
    // A share below a thousandth counts for nothing.
    expect(score(`${Math.floor(capacity * 0.0015)}`)).toBe(999);
    expect(score(`${Math.floor(capacity * 0.0025)}`)).toBe(998);
  });

  it('first where its pod asks for nothing, and last where all of it is guaranteed', () => {
    expect(scores(buildPod('web', { containers: [asks('main')] }))).toEqual([1000]);
    const limits = { cpu: '1', memory: '1Gi' };
    const main = container('main', 'run', { resources: { limits, requests: limits } });
    expect(scores(buildPod('web', { containers: [main] }))).toEqual([-997]);
  });

  it('last where the node cannot be without its pod', () => {
    const critical = { priorityClassName: 'system-node-critical', priority: 2_000_001_000 };
    expect(score('1Gi', critical)).toBe(-997);
    expect(score('1Gi', { ...critical, priority: 0 })).toBe(900);
    expect(score('1Gi', { priorityClassName: 'system-cluster-critical', priority: 2_000_000_000 })).toBe(900);
  });

  it('no sooner as a sidecar than those that it serves', () => {
    const beside = (memory: string | undefined) =>
      scores(
        buildPod('web', { initContainers: [sidecar(memory)], containers: [asks('a', '2Gi'), asks('b', '3Gi')] }),
      )[0];
    expect(beside('1Gi')).toBe(800);
    expect(beside('4Gi')).toBe(600);
    expect(beside(undefined)).toBe(800);
  });

  it('by its share in what the pod asks for as a whole and none of its containers does', () => {
    const resources = { requests: { memory: '4Gi' } };
    const pod = buildPod('web', { resources, initContainers: [sidecar()], containers: [asks('a', '1Gi'), asks('b')] });
    // 3 GiB for three of them; the sidecar is not below the least of the others, which asks for nothing itself.
    expect(scores(pod)).toEqual([900, 800, 900]);
  });
});

it('the share is that of the memory of the whole machine, whatever of it pods may use', async () => {
  const fake = await FakeDocker.start({ programs: { run: {} } });
  const runtime = await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
  // The machine has 16 GiB, of which pods may use 8.
  const rig = await startRig({ runtime });
  rig.api.create(buildPod('web', { containers: [asks('main', '4Gi')] }));
  await eventually(() => expect(rig.api.pod('web').status?.phase).toBe('Running'));
  const [main] = [...fake.engine.containers.values()].filter((c) => c.labels['kubus.io/container'] === 'main');
  expect(main?.options.HostConfig).toMatchObject({ OomScoreAdj: 750 });
  await rig.stop();
  expect(fake.unknown).toEqual([]);
  await fake.stop();
});

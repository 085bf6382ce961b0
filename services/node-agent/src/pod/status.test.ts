import type { Pod } from '@kubus/shared/schema';
import { describe, expect, it } from 'vitest';
import { buildPod, container } from '../../test/rig.ts';
import type { ContainerRecord } from '../runtime/contract.ts';
import { newMemory, type PodMemory } from './memory.ts';
import { observe } from './observe.ts';
import { podStatus } from './status.ts';

const now = Date.parse('2026-01-01T00:10:00Z');
const at = (seconds: number) => new Date(now + seconds * 1000).toISOString().replace('.000Z', 'Z');

const record = (name: string, more: Partial<ContainerRecord> = {}): ContainerRecord => ({
  ...{ id: `${name}-id`, podUid: 'uid-web', podName: 'web', podNamespace: 'default', container: name },
  ...{ attempt: 0, sandboxAttempt: 0, state: 'running', image: name === '' ? '' : 'busybox', imageId: 'sha256:1' },
  ...{ startedAt: at(-60), ips: name === '' ? ['10.0.0.9'] : [] },
  ...more,
});
const sandbox = record('');
const ended = (name: string, exitCode: number, more: Partial<ContainerRecord> = {}) =>
  record(name, { state: 'exited', exitCode, finishedAt: at(-1), ...more });

const statusOf = (
  pod: Pod,
  records: readonly ContainerRecord[],
  more: { memory?: PodMemory; recursiveReadOnly?: boolean } = {},
) => {
  const memory = more.memory ?? newMemory();
  return podStatus({ pod, observed: observe(pod, records, memory), hostIPs: ['192.0.2.7'], now, ...more, memory });
};
const conditionsOf = (...args: Parameters<typeof statusOf>) =>
  (statusOf(...args).conditions ?? []).map(({ type, status, reason = '', message = '' }) =>
    [type, status, reason, message].join(' ').trim(),
  );

const web = buildPod('web', {
  initContainers: [container('first', 'x')],
  containers: [container('main', 'x'), container('other', 'x')],
});
const once: Pod = { ...web, spec: { containers: [], ...web.spec, restartPolicy: 'Never' } };

describe('the conditions of a pod', () => {
  it('say that containers can be started once there is a network and all volumes', () => {
    const mounting = buildPod('web', { volumes: [{ name: 'conf', configMap: { name: 'later' } }] });
    const ready = (records: ContainerRecord[], wish?: string) => {
      const memory = newMemory();
      memory.volumes.wish = wish;
      return conditionsOf(mounting, records, { memory })[0];
    };
    expect(ready([sandbox])).toBe('PodReadyToStartContainers False');
    expect(ready([], 'fixed')).toBe('PodReadyToStartContainers False');
    expect(ready([sandbox], 'fixed')).toBe('PodReadyToStartContainers True');
    // An agent that was started after it.
    expect(ready([sandbox, record('main')])).toBe('PodReadyToStartContainers True');
  });

  it.each([
    [
      'that the node has seen',
      [],
      [
        'PodReadyToStartContainers False',
        'Initialized False ContainersNotInitialized containers with incomplete status: [first]',
        'Ready False ContainersNotReady containers with unready status: [main other]',
        'ContainersReady False ContainersNotReady containers with unready status: [main other]',
        'PodScheduled True',
      ],
    ],
    [
      'one of whose containers runs',
      [sandbox, ended('first', 0), record('main')],
      [
        'PodReadyToStartContainers True',
        'Initialized True',
        'Ready False ContainersNotReady containers with unready status: [other]',
        'ContainersReady False ContainersNotReady containers with unready status: [other]',
        'PodScheduled True',
      ],
    ],
    [
      'that runs',
      [sandbox, ended('first', 0), record('main'), record('other')],
      ['PodReadyToStartContainers True', 'Initialized True', 'Ready True', 'ContainersReady True', 'PodScheduled True'],
    ],
  ])('%s', (_, records, expected) => {
    expect(conditionsOf(web, records)).toEqual(expected);
  });

  it.each([
    [
      'that has succeeded',
      [sandbox, ended('first', 0), ended('main', 0), ended('other', 0)],
      'Succeeded',
      [
        'PodReadyToStartContainers False',
        'Initialized True PodCompleted',
        'Ready False PodCompleted',
        'ContainersReady False PodCompleted',
        'PodScheduled True',
      ],
    ],
    [
      'whose init container has failed',
      [sandbox, ended('first', 1)],
      'Failed',
      [
        'PodReadyToStartContainers False',
        'Initialized False ContainersNotInitialized containers with incomplete status: [first]',
        'Ready False PodFailed',
        'ContainersReady False PodFailed',
        'PodScheduled True',
      ],
    ],
  ])('%s', (_, records, phase, expected) => {
    expect(statusOf(once, records).phase).toBe(phase);
    expect(conditionsOf(once, records)).toEqual(expected);
  });

  it('say of which generation they are, and since when they are what they are', () => {
    const lastTransitionTime = '2026-01-01T00:00:00Z';
    const known: Pod = {
      ...web,
      metadata: { ...web.metadata, generation: 3 },
      status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime }] },
    };
    const { conditions = [], observedGeneration } = statusOf(known, []);
    expect([observedGeneration, ...conditions.map((each) => each.observedGeneration)]).toEqual([3, 3, 3, 3, 3, 3]);
    expect(conditions.find(({ type }) => type === 'Ready')?.lastTransitionTime).toBe(lastTransitionTime);
    expect(conditions.find(({ type }) => type === 'Initialized')?.lastTransitionTime).toBe(at(0));
  });

  it('that others set stay', () => {
    const theirs = { type: 'example.com/gate', status: 'True' };
    expect(statusOf({ ...web, status: { conditions: [theirs] } }, []).conditions).toContainEqual(theirs);
  });
});

it('containers are told by name, and told of in the order of the pod; init containers are in the order in which they run', () => {
  const pod = buildPod('web', {
    initContainers: [container('z', 'x'), container('a', 'x')],
    containers: [container('web', 'x'), container('log', 'x')],
    ephemeralContainers: [container('y', 'x'), container('b', 'x')],
  });
  const status = statusOf(pod, []);
  const names = [status.initContainerStatuses, status.containerStatuses, status.ephemeralContainerStatuses];
  expect(names.map((statuses) => statuses?.map(({ name }) => name))).toEqual([
    ['z', 'a'],
    ['log', 'web'],
    ['b', 'y'],
  ]);
  expect(conditionsOf(pod, [])).toContain(
    'ContainersReady False ContainersNotReady containers with unready status: [web log]',
  );
});

describe('a pod that is over', () => {
  const shown = (pod: Pod, records: readonly ContainerRecord[] = []) => {
    const { phase, initContainerStatuses = [], containerStatuses = [] } = statusOf(pod, records);
    const states = [...initContainerStatuses, ...containerStatuses].map(
      ({ name, state }) => `${name} ${state?.terminated?.reason ?? state?.waiting?.reason ?? 'Running'}`,
    );
    return [phase, ...states].join(', ');
  };
  const deleted = (pod: Pod): Pod => ({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: at(-1) } });
  const failed = (pod: Pod): Pod => ({ ...pod, status: { phase: 'Failed', containerStatuses: [] } });

  it.each([
    ['deleted before it ran', deleted(buildPod('web')), [], 'Failed, main ContainerStatusUnknown'],
    ['failed before it ran', failed(buildPod('web')), [], 'Failed, main ContainerStatusUnknown'],
    [
      'deleted before its init containers ran',
      deleted(web),
      [],
      'Failed, first ContainerStatusUnknown, main PodInitializing, other PodInitializing',
    ],
    [
      'failed because one of them did',
      once,
      [ended('first', 1)],
      'Failed, first Error, main PodInitializing, other PodInitializing',
    ],
    [
      'deleted between two starts',
      deleted(web),
      [ended('first', 0), ended('main', 0)],
      'Failed, first Completed, main Completed, other ContainerStatusUnknown',
    ],
    ['still being ended', deleted(buildPod('web')), [sandbox, record('main')], 'Running, main Running'],
  ])('says how its containers are left, also those that never started: %s', (_, pod, records, expected) => {
    expect(shown(pod, records)).toBe(expected);
  });

  it('says nothing of containers when its node refused it, whichever agent says so', () => {
    const reason = { reason: 'NodePorts', message: 'Pod was rejected: no free ports' };
    const memory = { ...newMemory(), doom: { ...reason, refused: true } as const };
    const first = statusOf(buildPod('web'), [], { memory });
    expect(first).toMatchObject({ phase: 'Failed', ...reason });
    expect(first.containerStatuses).toBe(undefined);
    expect(statusOf({ ...buildPod('web'), status: first }, [])).toEqual(first);
  });
});

describe('the resources of a container', () => {
  it('are told as soon as it runs, also while a resize is not done of which nobody was told yet what it had', () => {
    const cgroup = { cpuShares: 2, cpuQuota: 0, memoryBytes: 2 ** 20 };
    const pod = buildPod('web', { containers: [container('main', 'x', { resources: { limits: { memory: '2Mi' } } })] });
    const resources = (of: Pod, record: ContainerRecord) =>
      statusOf(of, [sandbox, record]).containerStatuses?.[0]?.resources;
    expect(resources(buildPod('web'), record('main'))).toEqual({});
    expect(resources(pod, record('main', { cgroup: { ...cgroup, memoryBytes: 2 ** 21 } }))).toEqual({
      limits: { memory: '2Mi' },
    });
    expect(resources(pod, record('main', { cgroup }))).toEqual({});
  });
});

describe('the state of a container', () => {
  const mainOf = (...args: Parameters<typeof statusOf>) => statusOf(...args).containerStatuses?.[0];
  const start = [sandbox, ended('first', 0)];

  it('is that it waits for those before it, or for what keeps it', () => {
    expect(mainOf(web, [])?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
    expect(mainOf(buildPod('web'), [])?.state).toEqual({ waiting: { reason: 'ContainerCreating' } });
    const memory = newMemory();
    memory.waiting.set('main', { reason: 'ImagePullBackOff', message: 'Back-off pulling image "busybox"' });
    expect(mainOf(web, [], { memory })?.state?.waiting?.reason).toBe('ImagePullBackOff');
  });

  it('is how it ended, with its code, its times and why', () => {
    expect(mainOf(once, [...start, ended('main', 3)])?.state).toEqual({
      terminated: {
        ...{ exitCode: 3, reason: 'Error', startedAt: at(-60), finishedAt: at(-1), containerID: 'docker://main-id' },
      },
    });
    expect(mainOf(once, [...start, ended('main', 0)])?.state?.terminated?.reason).toBe('Completed');
    expect(mainOf(once, [...start, ended('main', 137, { oomKilled: true })])?.state?.terminated?.reason).toBe(
      'OOMKilled',
    );
  });

  it('is that it is held off, and its last one how it ended, with the number of its restarts', () => {
    const memory = newMemory();
    memory.backoffs.set('main', { seconds: 80, since: now - 1000 });
    const again = ended('main', 1, { attempt: 4, id: 'again' });
    expect(mainOf(web, [...start, ended('main', 1), again], { memory })).toMatchObject({
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: 'back-off 1m20s restarting failed container=main pod=web_default(uid-web)',
        },
      },
      lastState: { terminated: { exitCode: 1, containerID: 'docker://again' } },
      ...{ ready: false, started: false, restartCount: 4 },
    });
  });

  it.each([
    ['Enabled', true, 'Enabled'],
    ['IfPossible', true, 'Enabled'],
    ['IfPossible', false, 'Disabled'],
    [undefined, true, 'Disabled'],
  ])('says of a read-only mount that is to be so below too (%s), where the engine can (%s): %s', (mode, able, shown) => {
    const volumeMounts = [{ name: 'v', mountPath: '/v', readOnly: true, ...(mode && { recursiveReadOnly: mode }) }];
    const pod = buildPod('web', { containers: [container('main', 'x', { volumeMounts })] });
    expect(mainOf(pod, [], { recursiveReadOnly: able })?.volumeMounts).toEqual([
      { name: 'v', mountPath: '/v', readOnly: true, recursiveReadOnly: shown },
    ]);
  });
});

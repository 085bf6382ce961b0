import { describe, expect, it } from 'vitest';
import type { ContainerState, ContainerStatus, Pod, PodCondition } from '../../schema/index.ts';
import { podColumns } from './printing.ts';

const now = new Date('2026-01-01T01:00:00Z');

function status(state: ContainerState, more: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name: 'main', image: 'x', imageID: '', ready: false, restartCount: 0, state, ...more };
}

interface Parts {
  phase?: string;
  reason?: string;
  init?: ContainerStatus[];
  containers?: ContainerStatus[];
  conditions?: PodCondition[];
  sidecar?: boolean;
  deleted?: boolean;
}

function pod({ phase = 'Running', reason, init = [], containers = [], conditions = [], sidecar, deleted }: Parts): Pod {
  const initContainers = init.map(({ name }) => ({
    name,
    image: 'x',
    ...(sidecar ? { restartPolicy: 'Always' } : {}),
  }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'p',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(deleted ? { deletionTimestamp: '2026-01-01T00:59:00Z' } : {}),
    },
    spec: { containers: [{ name: 'main', image: 'x' }], initContainers },
    status: {
      phase,
      ...(reason === undefined ? {} : { reason }),
      initContainerStatuses: init,
      containerStatuses: containers,
      conditions,
    },
  };
}

const running = { running: { startedAt: '2026-01-01T00:00:00Z' } };
const ended = (exitCode: number, reason?: string, signal?: number): ContainerState => ({
  terminated: { exitCode, ...(reason === undefined ? {} : { reason }), ...(signal === undefined ? {} : { signal }) },
});
const waiting = (reason: string): ContainerState => ({ waiting: { reason } });
const is = (type: string, reason?: string): PodCondition => ({
  type,
  status: reason === undefined ? 'True' : 'False',
  ...(reason === undefined ? {} : { reason }),
});

describe('the status of a pod', () => {
  const table: [string, Parts][] = [
    ['Pending', { phase: 'Pending' }],
    ['Running', { containers: [status(running, { ready: true })] }],
    ['Evicted', { phase: 'Failed', reason: 'Evicted' }],
    ['SchedulingGated', { phase: 'Pending', conditions: [is('PodScheduled', 'SchedulingGated')] }],
    ['ContainerCreating', { phase: 'Pending', containers: [status(waiting('ContainerCreating'))] }],
    ['CrashLoopBackOff', { containers: [status(waiting('CrashLoopBackOff'))] }],
    ['Completed', { phase: 'Succeeded', containers: [status(ended(0, 'Completed'))] }],
    ['Error', { phase: 'Failed', containers: [status(ended(1, 'Error'))] }],
    ['ExitCode:3', { phase: 'Failed', containers: [status(ended(3))] }],
    ['Signal:9', { phase: 'Failed', containers: [status(ended(137, undefined, 9))] }],
    ['NotReady', { containers: [status(running, { ready: true }), status(ended(0, 'Completed'))].toReversed() }],
    [
      'Running',
      { containers: [status(ended(0, 'Completed')), status(running, { ready: true })], conditions: [is('Ready')] },
    ],
    ['Init:0/1', { phase: 'Pending', init: [status(running, { name: 'i' })] }],
    ['Init:1/2', { phase: 'Pending', init: [status(ended(0), { name: 'i' }), status(running, { name: 'j' })] }],
    ['Init:Error', { phase: 'Pending', init: [status(ended(1, 'Error'), { name: 'i' })] }],
    ['Init:ExitCode:2', { phase: 'Pending', init: [status(ended(2), { name: 'i' })] }],
    ['Init:ImagePullBackOff', { phase: 'Pending', init: [status(waiting('ImagePullBackOff'), { name: 'i' })] }],
    ['Init:0/1', { phase: 'Pending', init: [status(waiting('PodInitializing'), { name: 'i' })] }],
    ['Terminating', { containers: [status(running, { ready: true })], deleted: true }],
    ['Completed', { phase: 'Succeeded', containers: [status(ended(0, 'Completed'))], deleted: true }],
    ['Unknown', { reason: 'NodeLost', deleted: true }],
  ];
  it.each(table)('is %s: %j', (expected, parts) => {
    expect(podColumns.cells(pod(parts), now)[2]).toBe(expected);
  });
});

describe('the columns of a pod', () => {
  const cells = (parts: Parts) => podColumns.cells(pod(parts), now);

  it('count what is ready, sidecars among it', () => {
    const sidecar = status(running, { name: 's', ready: true, started: true });
    const parts = { init: [sidecar], sidecar: true, containers: [status(running, { ready: true })] };
    expect(cells(parts).slice(0, 5)).toEqual(['p', '2/2', 'Running', '0', '60m']);
  });

  it('say how often and when last containers were restarted', () => {
    const lastState = { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:58:30Z' } };
    expect(cells({ containers: [status(running, { ready: true, restartCount: 3, lastState })] })[3]).toBe(
      '3 (90s ago)',
    );
    expect(cells({ containers: [status(running, { restartCount: 2 })] })[3]).toBe('2');
  });

  it('show where the pod is, and none where it is nowhere', () => {
    const bare = pod({});
    expect(podColumns.cells(bare, now).slice(5)).toEqual(['<none>', '<none>', '<none>', '<none>']);
    const placed: Pod = {
      ...bare,
      spec: { containers: [], nodeName: 'n1', readinessGates: [{ conditionType: 'a' }, { conditionType: 'b' }] },
      status: { podIPs: [{ ip: '10.0.0.9' }], nominatedNodeName: 'n2', conditions: [is('a')] },
    };
    expect(podColumns.cells(placed, now).slice(5)).toEqual(['10.0.0.9', 'n1', 'n2', '1/2']);
  });
});

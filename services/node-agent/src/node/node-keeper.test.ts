import type { ApiRequest } from '@kubus/shared/bus';
import { notFound, StatusError } from '@kubus/shared/errors';
import type { Lease, Node } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silent } from '../../test/rig.ts';
import { NodeKeeper, type NodeKeeperOptions } from './node-keeper.ts';
import type { NodeFacts } from './node-object.ts';

const facts: NodeFacts = {
  name: 'n1',
  addresses: ['192.0.2.1'],
  capacity: {
    ...{ cpuMillis: 4000, memoryBytes: 8 * 2 ** 30, storageBytes: 100 * 2 ** 30 },
    ...{ operatingSystem: 'Debian', kernelVersion: '6.1', architecture: 'amd64' },
    runtimeHandlers: ['runsc'],
    swapBytes: 2 ** 30,
    hugePages: new Map([
      ['hugepages-2Mi', 64 * 2 ** 20],
      ['hugepages-1Gi', 0],
    ]),
  },
  allocatable: { cpuMillis: 1500 },
  maxPods: 110,
  runtimeVersion: 'docker://27',
  kubeletVersion: 'v1.36.0',
  machineId: 'm',
  bootId: 'b',
};

let node: Node | undefined;
let lease: Lease | undefined;
let requests: string[];
let told: string[];
let trouble: Error | undefined;
let problem: string | undefined;
let look: () => Promise<void>;
let clock: number;
let keeper: NodeKeeper;

beforeEach(() => {
  node = lease = trouble = problem = undefined;
  requests = [];
  told = [];
  look = async () => undefined;
  clock = Date.parse('2026-01-01T00:00:00Z');
  keeper = open({ leaseSeconds: 0.02 });
});
afterEach(() => keeper.stop());

const open = (options: Partial<NodeKeeperOptions>) =>
  new NodeKeeper({
    api: { request: async <T>(r: ApiRequest) => answer(r) as T },
    name: 'n1',
    facts: async () => {
      await look();
      return { ...facts, ...(problem === undefined ? {} : { problem }) };
    },
    events: { event: ({ kind }, type, reason, message) => told.push(`${kind} ${type} ${reason} ${message}`) },
    log: silent,
    now: () => clock,
    ...options,
  });

function answer({ verb, resource, subresource = '', body }: ApiRequest): unknown {
  const what = `${verb} ${resource}${subresource === '' ? '' : `/${subresource}`}`;
  requests.push(what);
  if (trouble !== undefined) throw trouble;
  const missing = notFound({ group: '', resource }, 'n1');
  switch (what) {
    case 'create nodes':
      node = body as Node;
      return node;
    case 'get nodes':
      if (node === undefined) throw missing;
      return node;
    case 'patch nodes/status':
      if (node === undefined) throw missing;
      node = { ...node, status: (body as Node).status ?? {} };
      return node;
    case 'create leases':
    case 'update leases':
      if (verb === 'update' && lease === undefined) throw missing;
      lease = body as Lease;
      return lease;
    case 'get leases':
      if (lease === undefined) throw missing;
      return lease;
    default:
      throw new Error(`unexpected: ${what}`);
  }
}

const ready = () => node?.status?.conditions?.find((c) => c.type === 'Ready');
const count = (what: string) => requests.filter((r) => r === what).length;

describe('a node', () => {
  it('is registered with its labels, and ready', async () => {
    keeper = open({});
    await keeper.start();
    expect(node?.metadata.labels).toMatchObject({
      'kubernetes.io/hostname': 'n1',
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
    });
    expect(node?.status).toMatchObject({
      capacity: {
        ...{ cpu: '4', memory: '8Gi', 'ephemeral-storage': '100Gi', pods: '110' },
        ...{ 'hugepages-2Mi': '64Mi', 'hugepages-1Gi': '0' },
      },
      allocatable: { cpu: '1500m', memory: '8128Mi', 'hugepages-2Mi': '64Mi', 'hugepages-1Gi': '0' },
      addresses: [
        { type: 'InternalIP', address: '192.0.2.1' },
        { type: 'Hostname', address: 'n1' },
      ],
      runtimeHandlers: [
        { name: '', features: { recursiveReadOnlyMounts: false, userNamespaces: false } },
        { name: 'runsc', features: { recursiveReadOnlyMounts: false, userNamespaces: false } },
      ],
      features: { supplementalGroupsPolicy: false },
      declaredFeatures: ['GuaranteedQoSPodCPUResize', 'RestartAllContainersOnContainerExits'],
      nodeInfo: { containerRuntimeVersion: 'docker://27', kubeletVersion: 'v1.36.0', swap: { capacity: 2 ** 30 } },
    });
    expect(node?.status?.conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`)).toEqual([
      'MemoryPressure=False KubeletHasSufficientMemory',
      'DiskPressure=False KubeletHasNoDiskPressure',
      'PIDPressure=False KubeletHasSufficientPID',
      'Ready=True KubeletReady',
    ]);
    expect(lease).toMatchObject({
      metadata: { name: 'n1', namespace: 'kube-node-lease' },
      spec: { holderIdentity: 'n1', leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:00.000000Z' },
    });
  });

  it('is registered once the API answers', async () => {
    trouble = new StatusError('ServiceUnavailable', 'no');
    const started = keeper.start();
    await eventually(() => expect(requests.length).toBeGreaterThan(0));
    trouble = undefined;
    await started;
    expect(ready()?.status).toBe('True');
  });

  it('keeps what the API knows of a node of its name, as after a restart', async () => {
    node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n1', labels: { zone: 'z' } },
      spec: { unschedulable: true },
    };
    lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'n1', uid: 'kept' } };
    await keeper.start();
    expect(node).toMatchObject({ metadata: { labels: { zone: 'z' } }, spec: { unschedulable: true } });
    expect(lease).toMatchObject({ metadata: { uid: 'kept' }, spec: { holderIdentity: 'n1' } });
    expect(count('create nodes')).toBe(0);
  });

  it('renews its lease, and makes it anew when it was deleted', async () => {
    await keeper.start();
    clock += 10_000;
    await eventually(() => expect(lease?.spec?.renewTime).toBe('2026-01-01T00:00:10.000000Z'));
    lease = undefined;
    await eventually(() => expect(lease).toBeDefined());
  });

  it('lets pods use what somebody says that it has, and says so once', async () => {
    await keeper.start();
    const beside = { 'example.com/dongle': '4' };
    node = { ...(node as Node), status: { ...node?.status, capacity: { ...node?.status?.capacity, ...beside } } };
    await eventually(() => expect(node?.status?.allocatable).toMatchObject({ cpu: '1500m', ...beside }));
    expect(node.status?.capacity).toMatchObject({ cpu: '4', ...beside });
    const reports = count('patch nodes/status');
    const renewals = count('update leases');
    await eventually(() => expect(count('update leases')).toBeGreaterThan(renewals + 5));
    expect(count('patch nodes/status')).toBe(reports);
    const { 'example.com/dongle': _, ...own } = node.status?.capacity ?? {};
    node = { ...node, status: { ...node.status, capacity: own } };
    await eventually(() =>
      expect(node?.status?.allocatable).toMatchObject({ cpu: '1500m', 'example.com/dongle': null }),
    );
  });

  it('reports its status every five minutes, and at once when it changes', async () => {
    await keeper.start();
    const reports = count('patch nodes/status');
    await eventually(() => expect(count('update leases')).toBeGreaterThan(5));
    expect(count('patch nodes/status')).toBe(reports);
    problem = 'Cannot connect';
    await eventually(() =>
      expect(ready()).toMatchObject({
        status: 'False',
        reason: 'KubeletNotReady',
        message: 'container runtime is down: Cannot connect',
      }),
    );
    clock += 300_000;
    await eventually(() =>
      expect(ready()).toMatchObject({
        lastHeartbeatTime: '2026-01-01T00:05:00Z',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      }),
    );
  });

  it('tells of what becomes of it in events, once', async () => {
    await keeper.start();
    const status = (reason: string) => `Node Normal ${reason} Node n1 status is now: ${reason}`;
    const first = ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID', 'NodeReady'].map(status);
    expect(told).toEqual(['Node Normal Starting Starting kubelet.', ...first]);
    told = [];
    node = { ...(node as Node), spec: { unschedulable: true } };
    await eventually(() => expect(told).toEqual([status('NodeNotSchedulable')]));
    node = { ...node, spec: {} };
    await eventually(() => expect(told).toEqual([status('NodeNotSchedulable'), status('NodeSchedulable')]));
    told = [];
    problem = 'Cannot connect';
    await eventually(() => expect(told).toEqual([status('NodeNotReady')]));
    const gets = count('get nodes');
    await eventually(() => expect(count('get nodes')).toBeGreaterThan(gets + 3));
    expect(told).toEqual([status('NodeNotReady')]);
  });

  it('tells of another boot, and of no condition that is as before', async () => {
    await keeper.start();
    await keeper.stop();
    told = [];
    const { nodeInfo } = node?.status ?? {};
    if (node?.status === undefined || nodeInfo === undefined) throw new Error('the node has no status');
    node = { ...node, status: { ...node.status, nodeInfo: { ...nodeInfo, bootID: 'a' } } };
    keeper = open({});
    await keeper.start();
    const rebooted = 'Node Warning Rebooted Node n1 has been rebooted, boot id: b';
    expect(told).toEqual(['Node Normal Starting Starting kubelet.', rebooted]);
  });

  it('keeps its lease while its runtime hangs', async () => {
    await keeper.start();
    const { promise, resolve } = Promise.withResolvers<void>();
    look = () => promise;
    const renewals = count('update leases');
    await eventually(() => expect(count('update leases')).toBeGreaterThan(renewals + 3));
    resolve();
  });

  it('goes on after errors', async () => {
    await keeper.start();
    trouble = new StatusError('Timeout', 'late');
    const before = requests.length;
    await eventually(() => expect(requests.length).toBeGreaterThan(before + 3));
    trouble = undefined;
    clock += 10_000;
    await eventually(() => expect(lease?.spec?.renewTime).toBe('2026-01-01T00:00:10.000000Z'));
  });
});

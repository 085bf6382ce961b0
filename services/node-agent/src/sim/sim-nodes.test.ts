import type { ApiRequest, ApiResponse } from '@kubus/shared/bus';
import type { Node, NodeCondition } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { silent } from '../../test/rig.ts';
import type { NodeFacts } from '../node/node-object.ts';
import { SimNodes } from './sim-nodes.ts';

const count = 25;
const facts = Array.from(
  { length: count },
  (_, i): NodeFacts => ({
    ...{ name: `sim-${i + 1}`, addresses: ['192.0.2.1'], maxPods: 110, runtimeVersion: 'sim://1' },
    ...{ kubeletVersion: 'v1.36.0', machineId: 'm', bootId: 'b' },
    capacity: {
      ...{ cpuMillis: 4000, memoryBytes: 2 ** 33, storageBytes: 2 ** 40 },
      ...{ operatingSystem: 'none', kernelVersion: '0', architecture: 'amd64' },
    },
  }),
);

let nodes: Map<string, Node>;
let leases: number;
/** How many statuses each batch had. */
let reports: number[];
let clock: number;
let sim: SimNodes;

beforeEach(async () => {
  nodes = new Map();
  leases = 0;
  reports = [];
  clock = Date.parse('2026-01-01T00:00:00Z');
  sim = new SimNodes({
    ...{ api: { batch }, nodes: facts, leaseIntervalMs: 20, statusIntervalMs: 20, log: silent, now: () => clock },
  });
  await sim.start();
});
afterEach(() => sim.stop());

async function batch(requests: readonly ApiRequest[]): Promise<ApiResponse[]> {
  const statuses = requests.filter(({ subresource }) => subresource === 'status').length;
  if (statuses > 0) reports.push(statuses);
  return requests.map(answer);
}

function answer({ verb, resource, subresource, name = '', body }: ApiRequest): ApiResponse {
  if (resource === 'leases') leases += 1;
  if (resource !== 'nodes') return { code: 200, body: {} };
  const node = nodes.get(name);
  if (verb === 'create') nodes.set((body as Node).metadata.name, body as Node);
  else if (node === undefined) return { code: 404, body: {} };
  else if (subresource === 'status') nodes.set(name, { ...node, status: (body as Node).status ?? {} });
  return { code: 200, body: nodes.get(name) ?? {} };
}

const ready = (name: string): NodeCondition | undefined =>
  nodes.get(name)?.status?.conditions?.find(({ type }) => type === 'Ready');
const readies = () => facts.map(({ name }) => ready(name));

it('tells the statuses of nodes again now and then, a few at a time, as those of nodes that go on', async () => {
  expect(reports).toEqual([count]);
  clock += 300_000;
  const again = {
    status: 'True',
    lastHeartbeatTime: '2026-01-01T00:05:00Z',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  await eventually(() => expect(readies()).toEqual(facts.map(() => expect.objectContaining(again))));
  expect(Math.max(...reports.slice(1))).toBe(10);
  expect(leases).toBeGreaterThan(count);
});

it('brings back nodes that were taken for lost', async () => {
  const node = nodes.get('sim-7') as Node;
  const lost = { ...(ready('sim-7') as NodeCondition), status: 'Unknown' };
  clock += 60_000;
  nodes.set('sim-7', { ...node, status: { ...node.status, conditions: [lost] } });
  await eventually(() =>
    expect(ready('sim-7')).toMatchObject({ status: 'True', lastTransitionTime: '2026-01-01T00:01:00Z' }),
  );
});

it('makes no node anew that was deleted', async () => {
  nodes.delete('sim-3');
  clock += 60_000;
  await eventually(() => expect(ready('sim-25')?.lastHeartbeatTime).toBe('2026-01-01T00:01:00Z'));
  expect(nodes.has('sim-3')).toBe(false);
});

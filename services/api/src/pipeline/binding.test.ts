import type { ApiResponse } from '@kubus/shared/bus';
import type { Status } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { eventually } from '@kubus/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PipelineHandler } from '../busfront/index.ts';
import { admin, type Client, core, nodeUser, podBody, startCluster, type TestCluster } from './testing/cluster.ts';

const pods = { ...core, resource: 'pods', namespace: 'default' } as const;
const nodes = { ...core, resource: 'nodes' } as const;
const scheduler = { kind: 'service', name: 'scheduler' } as const;

interface Pod extends KubeObject {
  spec: { nodeName?: string };
  status: { conditions?: { type: string; status: string }[] };
}

let cluster: TestCluster;
let client: Client;
let bus: PipelineHandler;

beforeAll(async () => {
  cluster = await startCluster({ takesPods: true });
  client = cluster.as(admin);
  bus = new PipelineHandler(cluster.pipeline);
  await node('n1', { cpu: '2', memory: '4Gi', pods: '110' });
  await eventually(async () => expect((await bind('nobody', 'n1')).code).toBe(404));
}, 60_000);
afterAll(() => cluster.stop());

async function node(name: string, capacity: Record<string, string>): Promise<void> {
  await cluster.as(nodeUser(name)).ok({ ...nodes, verb: 'create', body: { metadata: { name }, status: { capacity } } });
}

async function pod(name: string, cpu: string): Promise<Pod> {
  const containers = [{ name: 'main', image: 'x', resources: { requests: { cpu } } }];
  return client.ok<Pod>({ ...pods, verb: 'create', body: podBody(name, { containers }) });
}

function binding(name: string, target: string) {
  const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target: { kind: 'Node', name: target } };
  return { ...pods, verb: 'create', name, subresource: 'binding', body } as const;
}

function bind(name: string, target: string): Promise<ApiResponse> {
  return bus.handle(binding(name, target), scheduler);
}

const messageOf = ({ body }: ApiResponse): string | undefined => (body as Status).message;

describe('binding', () => {
  it('assigns a pod to a node once', async () => {
    const { metadata } = await pod('once', '100m');
    expect(await bind('once', 'n1')).toMatchObject({ code: 201, body: { status: 'Success' } });
    const bound = await client.ok<Pod>({ ...pods, verb: 'get', name: 'once' });
    expect(bound.spec.nodeName).toBe('n1');
    expect(bound.status.conditions).toEqual([
      { type: 'PodScheduled', status: 'True', lastTransitionTime: expect.any(String) },
    ]);
    expect(bound.metadata.generation).toBe(metadata.generation);
    const again = await bind('once', 'n2');
    expect([again.code, messageOf(again)]).toEqual([
      409,
      'Operation cannot be fulfilled on pods/binding "once": pod once is already assigned to node "n1"',
    ]);
  });

  it('refuses what a node has no room for, and says how much is missing and up to where to catch up', async () => {
    await node('small', { cpu: '1', memory: '1Gi', pods: '110' });
    await pod('fits', '600m');
    await pod('spills', '500m');
    expect(await bind('fits', 'small')).toMatchObject({ code: 201 });
    const refused = await bind('spills', 'small');
    expect([refused.code, messageOf(refused)]).toEqual([
      409,
      'Operation cannot be fulfilled on pods "spills": node/small has not enough cpu: requested 500, used 600, limited to 1000',
    ]);
    const causes = (refused.body as Status).details?.causes ?? [];
    expect(causes.map(({ reason, field }) => [reason, field])).toEqual([
      ['Insufficient', 'cpu'],
      ['ResourceVersion', 'resourceVersion'],
    ]);
    expect(Number(causes[1]?.message)).toBeGreaterThan(0);
    const status = { phase: 'Succeeded' };
    const done = await client.ok<Pod>({ ...pods, verb: 'get', name: 'fits' });
    await client.ok({ ...pods, verb: 'update', name: 'fits', subresource: 'status', body: { ...done, status } });
    expect(await bind('spills', 'small')).toMatchObject({ code: 201 });
  });

  it('refuses a node that has not said what it has', async () => {
    await pod('early', '1m');
    expect(messageOf(await bind('early', 'unknown'))).toContain('node/unknown has not enough');
  });

  it('binds only the pod that was meant', async () => {
    await pod('meant', '1m');
    const request = binding('meant', 'n1');
    const wrong = { ...request, body: { ...request.body, metadata: { name: 'meant', uid: 'other' } } };
    expect(messageOf(await bus.handle(wrong, scheduler))).toContain('Precondition failed: UID in precondition: other');
    const renamed = { ...request, body: { ...request.body, metadata: { name: 'else' } } };
    expect((await bus.handle(renamed, scheduler)).code).toBe(400);
    const nowhere = { ...request, body: { ...request.body, target: { kind: 'Pod', name: '' } } };
    expect(messageOf(await bus.handle(nowhere, scheduler))).toBe(
      'Binding "meant" is invalid: [target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>", target.name: Required value]',
    );
  });

  it('does not bind a pod that is gated or on its way out', async () => {
    await client.ok({
      ...pods,
      verb: 'create',
      body: podBody('gated', { schedulingGates: [{ name: 'example.com/wait' }] }),
    });
    expect(messageOf(await bind('gated', 'n1'))).toContain('has non-empty .spec.schedulingGates');
    const body = { ...podBody('leaving'), metadata: { name: 'leaving', finalizers: ['example.com/x'] } };
    await client.ok({ ...pods, verb: 'create', body });
    await client.ok({ ...pods, verb: 'delete', name: 'leaving' });
    expect(messageOf(await bind('leaving', 'n1'))).toContain('is being deleted, cannot be assigned to a host');
  });

  it('takes a binding posted to the collection', async () => {
    await pod('posted', '1m');
    const { body } = binding('posted', 'n1');
    expect(
      await client.send({ ...core, resource: 'bindings', namespace: 'default', verb: 'create', body }),
    ).toMatchObject({ code: 201 });
    expect((await client.ok<Pod>({ ...pods, verb: 'get', name: 'posted' })).spec.nodeName).toBe('n1');
  });

  it('answers each of a batch for itself', async () => {
    await pod('b1', '1m');
    await pod('b2', '99');
    await pod('b3', '1m');
    const batch = ['b1', 'b2', 'absent', 'b3'].map((name) => binding(name, 'n1'));
    const responses = await bus.handleBatch(batch, scheduler);
    expect(responses.map(({ code }) => code)).toEqual([201, 409, 404, 201]);
  });

  it('never gives a node more than it has, nor a pod two nodes, however many bind at once', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 50, max: 900 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.tuple(fc.nat(7), fc.boolean()), { minLength: 1, maxLength: 20 }),
        async (sizes, attempts) => {
          const n = round++;
          const targets = [`r${n}-a`, `r${n}-b`] as const;
          for (const target of targets) await node(target, { cpu: '1', memory: '1Gi', pods: '3' });
          await Promise.all(sizes.map((milli, i) => pod(`r${n}-${i}`, `${milli}m`)));
          const requests = attempts.map(([i, first]) =>
            binding(`r${n}-${i % sizes.length}`, first ? targets[0] : targets[1]),
          );
          const codes = (await bus.handleBatch(requests, scheduler)).map(({ code }) => code);
          const bound = await Promise.all(
            sizes.map((_, i) => client.ok<Pod>({ ...pods, verb: 'get', name: `r${n}-${i}` })),
          );
          expect(codes.filter((code) => code === 201)).toHaveLength(bound.filter(({ spec }) => spec.nodeName).length);
          for (const target of targets) {
            const there = sizes.filter((_, i) => bound[i]?.spec.nodeName === target);
            expect(there.reduce((sum, milli) => sum + milli, 0)).toBeLessThanOrEqual(1000);
            expect(there.length).toBeLessThanOrEqual(3);
          }
        },
      ),
      { numRuns: 12 },
    );
  });

  it('is for who may do it', async () => {
    await pod('wanted', '1m');
    const response = await bus.handle(binding('wanted', 'n1'), { kind: 'node', name: 'n1' });
    expect(response.code).toBe(403);
  });
});

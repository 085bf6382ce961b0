import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject, ManagedFieldsEntry } from '../../object/index.ts';
import { trackUpdate, type Writer } from './track-update.ts';
import { UpdateTracker } from './update-tracker.ts';

const podType = 'io.k8s.api.core.v1.Pod';
const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`;

/** A pod as it may come to be: what its creator, the scheduler and its node write. */
const pods = fc.record({
  finalizers: fc.option(fc.subarray(['a', 'b']), { nil: undefined }),
  annotations: fc.option(fc.dictionary(fc.constantFrom('x', 'y', '1:x', '__proto__'), fc.constantFrom('1', '2')), {
    nil: undefined,
  }),
  nodeName: fc.constantFrom(undefined, 'n1', 'n2'),
  containers: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
  image: fc.constantFrom('i', 'j'),
  conditions: fc.array(fc.tuple(fc.constantFrom('Ready', 'Initialized'), fc.constantFrom('True', 'False')), {
    maxLength: 3,
  }),
  ips: fc.subarray(['10.0.0.1', '10.0.0.2', '9.0.0.3', 'fd00::1'], { maxLength: 2 }),
});

type Drawn = typeof pods extends fc.Arbitrary<infer T> ? T : never;

const podOf = ({ finalizers, annotations, nodeName, containers, image, conditions, ips }: Drawn): KubeObject =>
  JSON.parse(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', uid: 'u', finalizers, annotations },
      spec: { nodeName, containers: containers.map((name) => ({ name, image, resources: {} })) },
      status: { conditions: conditions.map(([type, status]) => ({ type, status })), podIPs: ips.map((ip) => ({ ip })) },
    }),
  ) as KubeObject;

const writers = fc.record({
  manager: fc.constantFrom('', 'a', 'b'),
  subresource: fc.constantFrom(undefined, 'status'),
  resets: fc.boolean(),
});

/** What a client sends as managedFields: what it has read, nothing, or the demand to keep no account. */
const sent = fc.constantFrom('read', 'read', 'read', 'none', 'reset');

function sentEntries(live: KubeObject, how: string): ManagedFieldsEntry[] | undefined {
  if (how === 'none') return undefined;
  return how === 'reset' ? [{}] : structuredClone(live.metadata.managedFields);
}

function withEntries(pod: KubeObject, managedFields: ManagedFieldsEntry[] | undefined): KubeObject {
  return { ...pod, metadata: { ...pod.metadata, ...(managedFields === undefined ? {} : { managedFields }) } };
}

const writerOf = (
  second: number,
  { manager, subresource, resets }: { manager: string; subresource: string | undefined; resets: boolean },
): Writer => ({
  manager,
  now: at(second),
  ...(subresource === undefined ? {} : { subresource }),
  ...(resets ? { resetFields: [['status']] } : {}),
});

describe('who owns what after updates', () => {
  it('is what trackUpdate says, whatever was updated before by the same tracker', () => {
    const tracker = new UpdateTracker();
    const steps = fc.array(fc.tuple(pods, writers, sent), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(pods, steps, (first, updates) => {
        let live = trackUpdate(
          podType,
          undefined,
          podOf(first),
          writerOf(0, { manager: 'a', subresource: undefined, resets: true }),
        );
        for (const [second, [drawn, by, how]] of updates.entries()) {
          const next = withEntries(podOf(drawn), sentEntries(live, how));
          // The second time it remembers.
          for (const now of [second, second + 20])
            expect(tracker.track(podType, live, next, writerOf(now, by))).toEqual(
              trackUpdate(podType, live, next, writerOf(now, by)),
            );
          live = trackUpdate(podType, live, next, writerOf(second, by));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is told anew for other entries, another writer and another change', () => {
    const annotated = (annotations: Record<string, string>): KubeObject =>
      ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', uid: 'u', annotations } }) as KubeObject;
    const created = (by: string, ...keys: string[]): KubeObject =>
      trackUpdate(podType, undefined, annotated(Object.fromEntries(keys.map((key) => [key, '1']))), {
        manager: by,
        now: at(0),
      });
    const both = trackUpdate(podType, created('a', 'x', 'y'), annotated({ x: '1', y: '2' }), {
      manager: 'a',
      subresource: 'status',
      now: at(1),
    });
    const updates: [live: KubeObject, next: Record<string, string>, by: Partial<Writer>][] = [
      [created('a', 'x', 'y'), { x: '2', y: '1' }, {}],
      [created('a', 'x', 'y'), { y: '1' }, {}],
      [created('a', 'x', 'z'), { x: '2', z: '1' }, {}],
      [created('c', 'x', 'y'), { x: '2', y: '1' }, {}],
      [created('a', 'x', 'y'), { x: '2', y: '1' }, { manager: 'a' }],
      [created('a', 'x', 'y'), { x: '2', y: '1' }, { resetFields: [['metadata', 'annotations', 'x']] }],
      [created('a', 'y'), { y: '1', z: '1' }, {}],
      [withEntries(annotated({ y: '1', z: '1' }), created('a', 'y').metadata.managedFields), { y: '1' }, {}],
      [both, { x: '2', y: '2' }, { manager: 'a' }],
      [both, { x: '2', y: '2' }, { manager: 'a', subresource: 'status' }],
    ];
    const tracker = new UpdateTracker();
    for (const [live, annotations, by] of [...updates, ...updates]) {
      const next = withEntries(annotated(annotations), live.metadata.managedFields);
      const writer = { manager: 'b', now: at(9), ...by };
      expect(tracker.track(podType, live, next, writer)).toEqual(trackUpdate(podType, live, next, writer));
    }
  });

  it('is told anew where two own the same element, and not two of the same form', () => {
    const owner = (manager: string, ip: string): ManagedFieldsEntry => ({
      manager,
      operation: 'Update',
      apiVersion: 'v1',
      time: at(0),
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:status': { 'f:podIPs': { [`k:{"ip":"${ip}"}`]: { '.': {}, 'f:ip': {} } } } },
    });
    const withIps = (...ips: string[]): KubeObject =>
      ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p', uid: 'u' },
        status: { podIPs: ips.map((ip) => ({ ip })) },
      }) as KubeObject;
    const tracker = new UpdateTracker();
    for (const entries of [
      [owner('a', '1'), owner('b', '2')],
      [owner('a', '1'), owner('b', '1')],
    ]) {
      const live = withEntries(withIps('1', '2'), entries);
      const writer = { manager: 'c', subresource: 'status', now: at(1) };
      expect(tracker.track(podType, live, withIps('2'), writer)).toEqual(
        trackUpdate(podType, live, withIps('2'), writer),
      );
    }
  });

  it('takes more than ten writers together, as trackUpdate does', () => {
    const tracker = new UpdateTracker();
    const objectOf = (i: number): KubeObject =>
      ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: 'p',
          uid: 'u',
          annotations: Object.fromEntries(Array.from({ length: i }, (_, n) => [`k${n}`, 'x'])),
        },
      }) as KubeObject;
    for (const _ of ['learns', 'knows']) {
      let live = trackUpdate(podType, undefined, objectOf(1), { manager: 'w0', now: at(0) });
      for (let i = 1; i < 14; i += 1) {
        const next = withEntries(objectOf(i + 1), live.metadata.managedFields);
        const writer = { manager: `w${i}`, now: at(i) };
        const expected = trackUpdate(podType, live, next, writer);
        live = tracker.track(podType, live, next, writer);
        expect(live).toEqual(expected);
      }
    }
  });

  it('follows entries that cannot be read and those of other versions, as trackUpdate does', () => {
    const tracker = new UpdateTracker();
    const live = trackUpdate(
      podType,
      undefined,
      podOf({
        finalizers: ['a'],
        annotations: undefined,
        nodeName: undefined,
        containers: ['a'],
        image: 'i',
        conditions: [],
        ips: [],
      }),
      { manager: 'a', now: at(0) },
    );
    const [entry] = live.metadata.managedFields ?? [];
    const changed = podOf({
      finalizers: ['b'],
      annotations: undefined,
      nodeName: undefined,
      containers: ['a'],
      image: 'j',
      conditions: [],
      ips: [],
    });
    const entries: ManagedFieldsEntry[][] = [
      [{ ...entry, apiVersion: 'v0' }],
      [{ ...entry, fieldsV1: { 'k:{': {} } }],
      [entry as ManagedFieldsEntry, { ...entry, manager: 'a', time: at(3) }],
      [entry as ManagedFieldsEntry, { ...entry, operation: 'Apply', manager: 'c' }],
    ];
    for (const managedFields of [...entries, ...entries]) {
      const old = withEntries(live, managedFields);
      const next = withEntries(changed, managedFields);
      const writer = { manager: 'b', now: at(5) };
      expect(tracker.track(podType, old, next, writer)).toEqual(trackUpdate(podType, old, next, writer));
    }
  });
});

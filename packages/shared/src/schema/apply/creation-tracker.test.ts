import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/index.ts';
import { builtinKinds } from '../../registry/index.ts';
import { builtinSchema } from '../schema-set.ts';
import { filledObject } from '../testing/sample.ts';
import { CreationTracker } from './creation-tracker.ts';
import { trackUpdate, type Writer } from './track-update.ts';

const configMapType = 'io.k8s.api.core.v1.ConfigMap';
const podType = 'io.k8s.api.core.v1.Pod';
const writer: Writer = { manager: 'a', now: '2026-01-01T00:00:00Z', resetFields: [['status']] };
const another: Writer = { ...writer, manager: 'b', now: '2026-01-01T00:00:09Z' };

const object = (kind: string, rest: object): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'n' },
  ...rest,
});

/** The second of two creations is the one that is remembered. */
function expectSame(type: string, first: KubeObject, second: KubeObject, as: Writer = another): void {
  const tracker = new CreationTracker();
  expect(tracker.track(type, first, writer)).toEqual(trackUpdate(type, undefined, first, writer));
  expect(tracker.track(type, second, as)).toEqual(trackUpdate(type, undefined, second, as));
}

describe('the creator of an object', () => {
  it.each(
    builtinKinds.filter((kind) => kind.strategy !== undefined).map((kind) => [kind.kind, kind] as const),
  )('of kind %s owns what another owned who created one that looks the same', (_, {
    kind,
    versions: [{ schema, group, version }],
  }) => {
    if (typeof schema !== 'string') return;
    const made = filledObject(builtinSchema.struct(schema), group === '' ? version : `${group}/${version}`, kind);
    const metadata = { ...(made['metadata'] as KubeObject['metadata']) };
    delete metadata.managedFields;
    const sent = { ...made, metadata };
    expectSame(schema, sent as unknown as KubeObject, structuredClone(sent) as unknown as KubeObject);
  });

  it('owns the fields of his own object, not those of one with other names or in other places', () => {
    const data = (...keys: string[]) =>
      object('ConfigMap', { data: Object.fromEntries(keys.map((key) => [key, 'x'])) });
    expectSame(configMapType, data('a', 'b'), data('ab'));
    expectSame(configMapType, data('a'), object('ConfigMap', { binaryData: { a: 'eA==' } }));
    expectSame(configMapType, data(), object('ConfigMap', { data: {} }));
    expectSame(configMapType, data('a'), object('ConfigMap', { data: null }));
    expectSame(configMapType, data('a'), object('ConfigMap', { data: { a: undefined } }));
    expectSame(configMapType, data('a'), object('ConfigMap', { data: JSON.parse('{"__proto__":"x"}') }));
  });

  it('owns elements of lists by their keys, also where several share them', () => {
    const pod = (...containers: object[]) => object('Pod', { spec: { containers } });
    const [a, b] = [
      { name: 'a', image: 'i', resources: {} },
      { name: 'b', image: 'i', resources: {} },
    ];
    expectSame(podType, pod(a), pod(b));
    expectSame(podType, pod(a, b), pod(a, a));
    expectSame(podType, pod(a), pod({ ...a, ports: [{ containerPort: 80, protocol: 'TCP' }] }));
  });

  it('owns no zero that nobody set, and owns another value in its place', () => {
    const pod = (resources: unknown) => object('Pod', { spec: { containers: [{ name: 'a', resources }] }, status: {} });
    expectSame(podType, pod({}), pod(null));
    expectSame(podType, object('Pod', { spec: {} }), object('Pod', { spec: null }));
    const deployment = (replicas: number) =>
      ({ ...object('Deployment', { spec: { replicas } }), apiVersion: 'apps/v1' }) satisfies KubeObject;
    expectSame('io.k8s.api.apps.v1.Deployment', deployment(0), deployment(3));
    expectSame('io.k8s.api.apps.v1.Deployment', deployment(3), deployment(5));
    expectSame('io.k8s.api.apps.v1.Deployment', deployment(3), deployment(0));
    const event = (lastTimestamp: string | null) => object('Event', { lastTimestamp, firstTimestamp: null });
    expectSame('io.k8s.api.core.v1.Event', event(null), event('2026-01-01T00:00:01Z'));
    expectSame('io.k8s.api.core.v1.Event', event('2026-01-01T00:00:01Z'), event('2026-01-01T00:00:02Z'));
    expectSame('io.k8s.api.core.v1.Event', event('2026-01-01T00:00:01Z'), event(null));
  });

  it('owns what trackUpdate says, whatever the object holds', () => {
    const json = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('a', 'b', '1:a')), fc.jsonValue(), { maxKeys: 4 });
    const parts = fc.record(
      { data: json, binaryData: json, metadata: fc.record({ labels: json }) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(parts, parts, (one, two) => {
        const [first, second] = [one, two].map((rest) => ({
          ...object('ConfigMap', rest),
          metadata: { name: 'n', ...rest.metadata },
        })) as [KubeObject, KubeObject];
        expectSame(configMapType, first, second);
      }),
    );
  });

  it('is told by the entries that a request brings along', () => {
    const sent = object('ConfigMap', { data: { a: 'x' } });
    expectSame(configMapType, sent, { ...sent, metadata: { ...sent.metadata, managedFields: [{}] } } as KubeObject);
  });
});

it('remembers no more than a bounded number of shapes, and goes on when it has forgotten', () => {
  const tracker = new CreationTracker();
  for (let i = 0; i < 2_500; i += 1) {
    const sent = object('ConfigMap', { data: { [`key-${i}`]: 'x' } });
    expect(tracker.track(configMapType, sent, writer).metadata.managedFields).toHaveLength(1);
  }
});

import type { KubeObject } from '@kubus/shared/object';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, type Client, core, startCluster, type TestCluster } from '../pipeline/testing/cluster.ts';
import { EventExpiry, lastWritten } from './event-expiry.ts';

const hour = 3_600_000;
const at = (text: string) => Date.parse(`2026-05-06T${text}Z`);

describe('the last that is known of an event', () => {
  const event = (more: object = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'n', creationTimestamp: '2026-05-06T07:00:00Z' },
    ...more,
  });
  const managed = { managedFields: [{ manager: 'm', operation: 'Update', time: '2026-05-06T07:30:00Z' }] };
  it.each([
    ['that it was made', event(), '07:00:00'],
    ['that it happened again', event({ lastTimestamp: '2026-05-06T07:20:00Z', eventTime: null }), '07:20:00'],
    ['that its series went on', event({ series: { lastObservedTime: '2026-05-06T07:40:00.000001Z' } }), '07:40:00'],
    ['that somebody wrote it', { ...event(), metadata: { ...event().metadata, ...managed } } as KubeObject, '07:30:00'],
    ['nothing of the future', event({ lastTimestamp: '2100-01-01T00:00:00Z' }), '07:00:00'],
  ])('may be %s', (_, told, time) => {
    expect(lastWritten(told, at('08:00:00'))).toBe(at(time));
  });
});

describe('events', () => {
  let cluster: TestCluster;
  let client: Client;
  const events = { ...core, resource: 'events', namespace: 'default' } as const;
  beforeAll(async () => {
    cluster = await startCluster();
    client = cluster.as(admin);
  }, 60_000);
  afterAll(() => cluster.stop());

  const make = (name: string) => {
    const involvedObject = { kind: 'Pod', namespace: 'default', name: 'web' };
    return client.ok({ ...events, verb: 'create', body: { metadata: { name }, involvedObject, reason: 'Test' } });
  };
  const list = async () =>
    ((await client.ok({ ...events, verb: 'list' })) as KubeObject & { items: KubeObject[] }).items;

  it('of a flood are gone an hour later, and what was written since is not', async () => {
    await Promise.all(Array.from({ length: 1_200 }, (_, i) => make(`flood-${i}`)));
    const times = (await list()).map((event) => lastWritten(event, Number.POSITIVE_INFINITY));
    const clock = { now: Math.min(...times) + hour - 1 };
    const errors: unknown[] = [];
    const options = {
      store: cluster.store,
      ttlMs: hour,
      now: () => clock.now,
      onError: (e: unknown) => errors.push(e),
    };
    const expiry = new EventExpiry(options);
    expect(await expiry.sweep()).toBe(0);
    clock.now = Math.max(...times) + hour;
    const patch = { ...events, verb: 'patch', name: 'flood-7', contentType: 'application/merge-patch+json' } as const;
    await client.ok({ ...patch, body: { count: 2, lastTimestamp: new Date(clock.now - 1_000).toISOString() } });
    const [one, other] = [expiry, new EventExpiry(options)];
    const gone = await Promise.all([one.sweep(), other.sweep()]);
    expect(gone[0] + gone[1]).toBe(1_199);
    expect((await list()).map(({ metadata }) => metadata.name)).toEqual(['flood-7']);
    expect(errors).toEqual([]);
  });
});

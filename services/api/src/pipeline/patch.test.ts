import type { KubeObject } from '@kubus/shared/object';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { admin, type Client, configMap, core, startCluster, type TestCluster } from './testing/cluster.ts';

const maps = { ...core, resource: 'configmaps', namespace: 'default' } as const;
const merge = { contentType: 'application/merge-patch+json' } as const;
const json = { contentType: 'application/json-patch+json' } as const;

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster();
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());

const patchOf = (name: string, kind: { contentType: string }, body: unknown, query?: Record<string, string>) =>
  ({ ...maps, verb: 'patch', name, ...kind, body, ...(query === undefined ? {} : { query }) }) as const;

describe('patch', () => {
  it('merges, and leaves the rest', async () => {
    await client.ok({ ...maps, verb: 'create', body: configMap('merged', { a: '1', b: '2' }) });
    const after = await client.ok<ConfigMap>(patchOf('merged', merge, { data: { b: null, c: '3' } }));
    expect(after.data).toEqual({ a: '1', c: '3' });
  });

  it('does not touch the revision when nothing changes', async () => {
    const before = await client.ok({ ...maps, verb: 'create', body: configMap('still', { a: '1' }) });
    const after = await client.ok(patchOf('still', merge, { data: { a: '1' } }));
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it('carries out the operations of a JSON patch in order, all or none', async () => {
    await client.ok({ ...maps, verb: 'create', body: configMap('ops', { a: '1' }) });
    const operations = [
      { op: 'test', path: '/data/a', value: '1' },
      { op: 'add', path: '/data/b', value: '2' },
      { op: 'move', from: '/data/a', path: '/data/c' },
    ];
    expect((await client.ok<ConfigMap>(patchOf('ops', json, operations))).data).toEqual({ b: '2', c: '1' });
    const failing = [
      { op: 'add', path: '/data/d', value: '4' },
      { op: 'test', path: '/data/b', value: 'x' },
    ];
    expect(await client.refused(patchOf('ops', json, failing))).toMatchObject({ code: 422, reason: 'Invalid' });
    expect((await client.ok<ConfigMap>({ ...maps, verb: 'get', name: 'ops' })).data).toEqual({ b: '2', c: '1' });
  });

  it('refuses media types that are no patches, and patches that are no patches', async () => {
    await client.ok({ ...maps, verb: 'create', body: configMap('typed') });
    expect(await client.refused(patchOf('typed', { contentType: 'application/json' }, {}))).toMatchObject({
      code: 415,
    });
    for (const body of [undefined, null, 7, 'x', {}]) {
      expect([body, (await client.refused(patchOf('typed', json, body))).code]).toEqual([body, 400]);
    }
    expect((await client.refused(patchOf('typed', merge, []))).code).toBe(400);
  });

  it('refuses what would not be an object of the kind any more', async () => {
    await client.ok({ ...maps, verb: 'create', body: configMap('kept') });
    expect((await client.refused(patchOf('kept', merge, { data: 7 }))).code).toBe(422);
    expect((await client.refused(patchOf('kept', merge, { metadata: { name: 'other' } }))).message).toBe(
      'the name of the object (other) does not match the name on the URL (kept)',
    );
    expect((await client.refused(patchOf('kept', merge, { metadata: { uid: 'x' } }))).reason).toBe('Conflict');
  });

  it('insists on a revision that the patch names', async () => {
    const before = await client.ok({ ...maps, verb: 'create', body: configMap('locked') });
    const { resourceVersion } = before.metadata;
    await client.ok(patchOf('locked', merge, { metadata: { resourceVersion }, data: { a: '1' } }));
    const late = patchOf('locked', merge, { metadata: { resourceVersion }, data: { b: '2' } });
    expect(await client.refused(late)).toMatchObject({ reason: 'Conflict', code: 409 });
  });

  it('changes nothing on a dry run', async () => {
    await client.ok({ ...maps, verb: 'create', body: configMap('dry', { a: '1' }) });
    const dry = await client.ok<ConfigMap>(patchOf('dry', merge, { data: { a: '2' } }, { dryRun: 'All' }));
    expect(dry.data).toEqual({ a: '2' });
    expect((await client.ok<ConfigMap>({ ...maps, verb: 'get', name: 'dry' })).data).toEqual({ a: '1' });
  });

  it('needs something to patch', async () => {
    expect(await client.refused(patchOf('absent', merge, {}))).toMatchObject({ code: 404 });
  });

  it('forbids what only an apply may say', async () => {
    await client.ok({ ...maps, verb: 'create', body: configMap('forced') });
    const status = await client.refused(patchOf('forced', merge, {}, { force: 'true' }));
    expect(status.message).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    );
    const anonymous = patchOf('forced', { contentType: 'application/apply-patch+yaml' }, configMap('forced'));
    expect((await client.refused(anonymous)).message).toBe(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  });

  it('does not try in vain again and again when many patch the same object', async () => {
    await client.ok({ ...maps, verb: 'create', body: configMap('wanted') });
    const commits = vi.spyOn(cluster.store, 'commit');
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
    await Promise.all(keys.map((key) => client.ok(patchOf('wanted', merge, { data: { [key]: '1' } }))));
    const tries = commits.mock.calls.length;
    commits.mockRestore();
    const { data } = await client.ok<ConfigMap>({ ...maps, verb: 'get', name: 'wanted' });
    expect(Object.keys(data ?? {}).sort()).toEqual(keys.sort());
    expect(tries).toBeLessThanOrEqual(3 * keys.length);
  });

  it('loses no update of clients that patch at the same time', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 2, maxLength: 24 }),
        async (writers) => {
          const name = `parallel-${round++}`;
          await client.ok({ ...maps, verb: 'create', body: configMap(name) });
          await Promise.all(
            writers.map((key, i) => client.ok(patchOf(name, merge, { data: { [`${key}${i}`]: String(i) } }))),
          );
          const { data } = await client.ok<ConfigMap>({ ...maps, verb: 'get', name });
          expect(data).toEqual(Object.fromEntries(writers.map((key, i) => [`${key}${i}`, String(i)])));
        },
      ),
      { numRuns: 15 },
    );
  });
});

import type { KubeObject } from '@kubus/shared/object';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, type Client, configMap, core, podBody, startCluster, type TestCluster } from './testing/cluster.ts';

const maps = { ...core, resource: 'configmaps', namespace: 'default' } as const;
const pods = { ...core, resource: 'pods', namespace: 'default' } as const;
const namespaces = { ...core, resource: 'namespaces' } as const;

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster({ takesPods: true });
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());

describe('delete', () => {
  it('answers with a Status that names what is gone', async () => {
    const { metadata } = await client.ok({ ...maps, verb: 'create', body: configMap('gone') });
    const { code, body } = await client.send({ ...maps, verb: 'delete', name: 'gone' });
    expect([code, body]).toEqual([
      200,
      {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Success',
        details: { name: 'gone', kind: 'configmaps', uid: metadata.uid },
      },
    ]);
    expect(await client.refused({ ...maps, verb: 'delete', name: 'gone' })).toMatchObject({
      code: 404,
      message: 'configmaps "gone" not found',
    });
  });

  it('deletes only what the client means', async () => {
    const { metadata } = await client.ok({ ...maps, verb: 'create', body: configMap('meant') });
    const request = (preconditions: object) =>
      client.refused({ ...maps, verb: 'delete', name: 'meant', body: { preconditions } });
    expect((await request({ uid: 'other' })).message).toBe(
      `Operation cannot be fulfilled on configmaps "meant": the UID in the precondition (other) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
    expect((await request({ resourceVersion: '1' })).message).toContain('the ResourceVersion in the precondition (1)');
    const { uid, resourceVersion } = metadata;
    await client.ok({ ...maps, verb: 'delete', name: 'meant', body: { preconditions: { uid, resourceVersion } } });
  });

  it('leaves everything as it is on a dry run', async () => {
    await client.ok({ ...maps, verb: 'create', body: configMap('dry') });
    await client.ok({ ...maps, verb: 'delete', name: 'dry', body: { dryRun: ['All'] } });
    await client.ok({ ...maps, verb: 'delete', name: 'dry', query: { dryRun: 'All' } });
    await client.ok({ ...maps, verb: 'get', name: 'dry' });
  });

  it('puts the finalizer that a propagation policy calls for', async () => {
    const policies = [
      ['Foreground', 'foregroundDeletion', 202],
      ['Orphan', 'orphan', 200],
    ] as const;
    for (const [propagationPolicy, finalizer, expected] of policies) {
      const name = propagationPolicy.toLowerCase();
      await client.ok({ ...maps, verb: 'create', body: configMap(name) });
      const { code, body } = await client.send({ ...maps, verb: 'delete', name, body: { propagationPolicy } });
      expect([code, (body as KubeObject).metadata.finalizers]).toEqual([expected, [finalizer]]);
      expect((body as KubeObject).metadata).toMatchObject({ deletionGracePeriodSeconds: 0 });
    }
    const twice = { orphanDependents: true, propagationPolicy: 'Nothing' };
    expect(
      (await client.refused({ ...maps, verb: 'delete', name: 'orphan', body: twice })).details?.causes,
    ).toHaveLength(2);
  });

  it('lets nothing come back that is on its way out, and takes no new finalizers', async () => {
    const finalizers = ['example.com/held'];
    const held = { ...configMap('held'), metadata: { name: 'held', finalizers } };
    await client.ok({ ...maps, verb: 'create', body: held });
    const { metadata } = await client.ok({ ...maps, verb: 'delete', name: 'held' });
    const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
    expect(deletionTimestamp).toEqual(expect.any(String));
    for (const more of [{}, { deletionTimestamp: '2001-01-01T00:00:00Z' }]) {
      const body = { ...held, metadata: { ...held.metadata, ...more }, data: { still: JSON.stringify(more) } };
      const put = await client.ok({ ...maps, verb: 'update', name: 'held', body });
      expect(put.metadata).toMatchObject({ deletionTimestamp, deletionGracePeriodSeconds, finalizers });
    }
    const later = { ...held, metadata: { name: 'held', finalizers: [...finalizers, 'example.com/late'] } };
    expect((await client.refused({ ...maps, verb: 'update', name: 'held', body: later })).message).toContain(
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted',
    );
    await client.ok({ ...maps, verb: 'update', name: 'held', body: configMap('held') });
    expect(await client.refused({ ...maps, verb: 'get', name: 'held' })).toMatchObject({ code: 404 });
  });

  it('warns who deletes a job without saying what is to become of its pods', async () => {
    const jobs = { group: 'batch', version: 'v1', resource: 'jobs', namespace: 'default' } as const;
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox' }] } };
    await client.ok({
      ...jobs,
      verb: 'create',
      body: { metadata: { name: 'job' }, spec: { suspend: true, template } },
    });
    const dry = { ...jobs, verb: 'delete', name: 'job' } as const;
    const { warnings } = await client.send({ ...dry, query: { dryRun: 'All' } });
    expect(warnings).toEqual([expect.stringContaining('child pods are preserved by default when jobs are deleted')]);
    const said = await client.send({ ...dry, query: { dryRun: 'All', propagationPolicy: 'Orphan' } });
    expect(said).not.toHaveProperty('warnings');
  });

  it('lets a pod that no node runs go at once, and marks one that a node must end', async () => {
    await client.ok({ ...pods, verb: 'create', body: podBody('unbound') });
    await client.ok({ ...pods, verb: 'delete', name: 'unbound' });
    expect(await client.refused({ ...pods, verb: 'get', name: 'unbound' })).toMatchObject({ code: 404 });

    await client.ok({
      ...pods,
      verb: 'create',
      body: podBody('bound', { nodeName: 'n1', terminationGracePeriodSeconds: 40 }),
    });
    const marked = await client.ok({ ...pods, verb: 'delete', name: 'bound' });
    expect(marked.metadata).toMatchObject({ deletionGracePeriodSeconds: 40, generation: 2 });
    const inFuture = Date.parse(marked.metadata.deletionTimestamp as string) - Date.now();
    expect(inFuture).toBeGreaterThan(30_000);
    const later = await client.ok({ ...pods, verb: 'delete', name: 'bound', body: { gracePeriodSeconds: 60 } });
    expect(later.metadata.deletionGracePeriodSeconds).toBe(40);
    const sooner = await client.ok({ ...pods, verb: 'delete', name: 'bound', body: { gracePeriodSeconds: 5 } });
    expect(sooner.metadata.deletionGracePeriodSeconds).toBe(5);
    // Less than nothing is not at once: that would take the pod away from under its containers.
    const never = {
      verb: 'delete',
      name: 'bound',
      body: { gracePeriodSeconds: -1 },
      query: { dryRun: 'All' },
    } as const;
    expect((await client.ok({ ...pods, ...never })).metadata.deletionGracePeriodSeconds).toBe(1);
    const moved =
      Date.parse(marked.metadata.deletionTimestamp as string) - Date.parse(sooner.metadata.deletionTimestamp as string);
    expect(moved).toBe(35_000);
    await client.ok({ ...pods, verb: 'delete', name: 'bound', body: { gracePeriodSeconds: 0 } });
    expect(await client.refused({ ...pods, verb: 'get', name: 'bound' })).toMatchObject({ code: 404 });
  });

  it('never deletes the namespaces that a cluster needs', async () => {
    expect((await client.refused({ ...namespaces, verb: 'delete', name: 'kube-system' })).message).toBe(
      'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    );
  });

  it('holds a namespace until it is finalized', async () => {
    await client.ok({ ...namespaces, verb: 'create', body: { metadata: { name: 'emptied' } } });
    const marked = await client.ok<KubeObject & { status: object; spec: object }>({
      ...namespaces,
      verb: 'delete',
      name: 'emptied',
    });
    expect(marked).toMatchObject({ status: { phase: 'Terminating' }, spec: { finalizers: ['kubernetes'] } });
    const finalize = { ...namespaces, verb: 'update', name: 'emptied', subresource: 'finalize' } as const;
    const other = await client.refused({ ...finalize, body: { ...marked, spec: { finalizers: ['kubernetes', 'f'] } } });
    expect(other.message).toBe(
      'Namespace "emptied" is invalid: spec.finalizers[1]: Invalid value: "f": name is neither a standard finalizer name nor is it fully qualified',
    );
    await client.ok({ ...finalize, body: { ...marked, spec: { finalizers: [] } } });
    expect(await client.refused({ ...namespaces, verb: 'get', name: 'emptied' })).toMatchObject({ code: 404 });
  });

  it('makes no namespace with a finalizer whose name has no domain', async () => {
    const body = { metadata: { name: 'odd', finalizers: ['x'] }, spec: { finalizers: ['example.com/a', 'f', '-'] } };
    const { details } = await client.refused({ ...namespaces, verb: 'create', body });
    const short = 'name is neither a standard finalizer name nor is it fully qualified';
    expect(details?.causes?.map(({ field, message }) => `${field}: ${message}`)).toEqual([
      `metadata.finalizers[0]: Invalid value: "x": ${short}`,
      `spec.finalizers: Invalid value: "f": ${short}`,
      expect.stringMatching(/^spec.finalizers: Invalid value: "-": name part must consist of alphanumeric/),
      `spec.finalizers: Invalid value: "-": ${short}`,
    ]);
  });

  it('deletes what is selected of a collection', async () => {
    for (const [name, tier] of [
      ['c1', 'x'],
      ['c2', 'x'],
      ['c3', 'y'],
    ] as const) {
      await client.ok({ ...maps, verb: 'create', body: { ...configMap(name), metadata: { name, labels: { tier } } } });
    }
    const request = { ...maps, verb: 'deletecollection', query: { labelSelector: 'tier=x' } } as const;
    const deleted = await client.ok<KubeObject & { items: KubeObject[] }>(request);
    expect(deleted.items.map(({ metadata }) => metadata.name)).toEqual(['c1', 'c2']);
    await client.ok({ ...maps, verb: 'get', name: 'c3' });
    expect(await client.refused({ ...maps, verb: 'get', name: 'c1' })).toMatchObject({ code: 404 });
  });

  it('evicts a pod', async () => {
    await client.ok({ ...pods, verb: 'create', body: podBody('evicted', { nodeName: 'n1' }) });
    const at = { ...pods, verb: 'create', name: 'evicted', subresource: 'eviction' } as const;
    const other = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'other' } };
    expect((await client.refused({ ...at, body: other })).message).toBe(
      'name in URL does not match name in Eviction object',
    );
    const body = { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: { name: 'evicted' }, deleteOptions: {} };
    expect(await client.send({ ...at, body })).toMatchObject({ code: 201, body: { status: 'Success' } });
    const marked = await client.ok({ ...pods, verb: 'get', name: 'evicted' });
    expect(marked.metadata.deletionGracePeriodSeconds).toBe(30);
  });
});

import type { KubeObject } from '@kubus/shared/object';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { admin, type Client, configMap, core, podBody, startCluster, type TestCluster } from './testing/cluster.ts';

const maps = { ...core, resource: 'configmaps', namespace: 'default' } as const;
const pods = { ...core, resource: 'pods', namespace: 'default' } as const;
const deployments = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'default' } as const;

interface ConfigMap extends KubeObject {
  data: Record<string, string>;
}

interface Deployment extends KubeObject {
  spec: { replicas: number; template: { spec: { containers: { image: string }[] } } };
  status?: { replicas?: number; observedGeneration?: number };
}

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster({ takesPods: true });
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());

async function made(name: string, data: Record<string, string> = {}): Promise<ConfigMap> {
  return client.ok<ConfigMap>({ ...maps, verb: 'create', body: configMap(name, data) });
}

function deployment(name: string) {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podBody('x').spec } },
  };
}

describe('update', () => {
  it('replaces an object and takes the next revision', async () => {
    const before = await made('replaced', { a: '1' });
    const body = { ...before, data: { b: '2' } };
    const after = await client.ok<ConfigMap>({ ...maps, verb: 'update', name: 'replaced', body });
    expect(after.data).toEqual({ b: '2' });
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(Number(after.metadata.resourceVersion)).toBeGreaterThan(Number(before.metadata.resourceVersion));
  });

  it('leaves the revision alone when nothing changes', async () => {
    const before = await made('same', { a: '1' });
    const after = await client.ok({ ...maps, verb: 'update', name: 'same', body: before });
    expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it('refuses a change of what somebody else has changed since', async () => {
    const before = await made('raced');
    await client.ok({ ...maps, verb: 'update', name: 'raced', body: { ...before, data: { a: '1' } } });
    const status = await client.refused({
      ...maps,
      verb: 'update',
      name: 'raced',
      body: { ...before, data: { b: '2' } },
    });
    expect(status).toMatchObject({
      reason: 'Conflict',
      code: 409,
      message:
        'Operation cannot be fulfilled on configmaps "raced": the object has been modified; please apply your changes to the latest version and try again',
      details: { name: 'raced', kind: 'configmaps' },
    });
  });

  it('refuses a change of an object made anew under the same name', async () => {
    const before = await made('again');
    await client.ok({ ...maps, verb: 'delete', name: 'again' });
    await made('again');
    const { resourceVersion: _, ...metadata } = before.metadata;
    const status = await client.refused({ ...maps, verb: 'update', name: 'again', body: { ...before, metadata } });
    expect(status).toMatchObject({ reason: 'Conflict' });
    expect(status.message).toContain('Precondition failed: UID in precondition');
  });

  it.each(['', '0'])('takes the revision "%s" for whatever is there', async (resourceVersion) => {
    const before = await made(`any${resourceVersion}`, { a: '1' });
    const { name } = before.metadata;
    await client.ok({ ...maps, verb: 'update', name, body: { ...before, data: { a: '2' } } });
    const metadata = { ...before.metadata, resourceVersion };
    const after = await client.ok<ConfigMap>({ ...maps, verb: 'update', name, body: { ...before, metadata } });
    expect(after.data).toEqual({ a: '1' });
    const body = { metadata: { resourceVersion }, data: { b: '3' } };
    const contentType = 'application/merge-patch+json';
    const patched = await client.ok<ConfigMap>({ ...maps, verb: 'patch', name, contentType, body });
    expect(patched.data).toEqual({ a: '1', b: '3' });
  });

  it('changes without a revision whatever is there', async () => {
    await made('blind', { a: '1' });
    const after = await client.ok<ConfigMap>({
      ...maps,
      verb: 'update',
      name: 'blind',
      body: configMap('blind', { b: '2' }),
    });
    expect(after.data).toEqual({ b: '2' });
  });

  it('refuses a body under another name', async () => {
    await made('named');
    const message = async (body: unknown) =>
      (await client.refused({ ...maps, verb: 'update', name: 'named', body })).message;
    expect(await message(configMap('other'))).toBe(
      'the name of the object (other) does not match the name on the URL (named)',
    );
    expect(await message({ data: {} })).toBe(
      'the name of the object (named based on URL) was undeterminable: name must be provided',
    );
  });

  it('makes no object of a name that is free, but for kinds that say so', async () => {
    expect(await client.refused({ ...maps, verb: 'update', name: 'free', body: configMap('free') })).toMatchObject({
      reason: 'NotFound',
      message: 'configmaps "free" not found',
    });
    const leases = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases', namespace: 'default' } as const;
    const body = { metadata: { name: 'free' }, spec: { holderIdentity: 'me' } };
    expect(await client.send({ ...leases, verb: 'update', name: 'free', body })).toMatchObject({ code: 201 });
  });

  it('keeps status and generation apart from spec', async () => {
    const first = await client.ok<Deployment>({ ...deployments, verb: 'create', body: deployment('apart') });
    expect(first.metadata.generation).toBe(1);
    const forged = { ...first, status: { replicas: 9 }, spec: { ...first.spec, replicas: 5 } };
    const second = await client.ok<Deployment>({ ...deployments, verb: 'update', name: 'apart', body: forged });
    expect([second.spec.replicas, second.status?.replicas, second.metadata.generation]).toEqual([5, undefined, 2]);
    const reported = {
      ...second,
      status: { replicas: 5, observedGeneration: 2 },
      spec: { ...second.spec, replicas: 7 },
    };
    const third = await client.ok<Deployment>({
      ...deployments,
      verb: 'update',
      name: 'apart',
      subresource: 'status',
      body: reported,
    });
    expect([third.spec.replicas, third.status?.replicas, third.metadata.generation]).toEqual([5, 5, 2]);
  });

  it('refuses changes of what may not change', async () => {
    const first = await client.ok<Deployment>({ ...deployments, verb: 'create', body: deployment('fixed') });
    const other = { ...first, spec: { ...first.spec, ...deployment('else').spec } };
    const status = await client.refused({ ...deployments, verb: 'update', name: 'fixed', body: other });
    expect(status.message).toBe(
      'Deployment.apps "fixed" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"else"}}: field is immutable',
    );
    const pod = await client.ok<KubeObject & { spec: object }>({ ...pods, verb: 'create', body: podBody('fixed') });
    const moved = { ...pod, spec: { ...pod.spec, hostname: 'elsewhere' } };
    const refused = await client.refused({ ...pods, verb: 'update', name: 'fixed', body: moved });
    expect(refused.message).toContain(
      'Pod "fixed" is invalid: spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    );
  });

  it('removes an object on its way out with its last finalizer', async () => {
    const body = { ...configMap('held'), metadata: { name: 'held', finalizers: ['example.com/a', 'example.com/b'] } };
    await client.ok({ ...maps, verb: 'create', body });
    const marked = await client.ok({ ...maps, verb: 'delete', name: 'held' });
    expect(marked.metadata.deletionTimestamp).toBeDefined();
    const more = {
      ...marked,
      metadata: { ...marked.metadata, finalizers: [...(marked.metadata.finalizers ?? []), 'example.com/c'] },
    };
    expect((await client.refused({ ...maps, verb: 'update', name: 'held', body: more })).message).toContain(
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/c"}',
    );
    const one = { ...marked, metadata: { ...marked.metadata, finalizers: ['example.com/b'] } };
    const left = await client.ok({ ...maps, verb: 'update', name: 'held', body: one });
    const none = { ...left, metadata: { ...left.metadata, finalizers: [] } };
    await client.ok({ ...maps, verb: 'update', name: 'held', body: none });
    expect(await client.refused({ ...maps, verb: 'get', name: 'held' })).toMatchObject({ reason: 'NotFound' });
  });

  it('takes finalizers with a domain, and those of Kubernetes', async () => {
    const named = (...finalizers: string[]) => ({
      ...configMap('finalized'),
      metadata: { name: 'finalized', finalizers },
    });
    await client.ok({ ...maps, verb: 'create', body: named('kubernetes', 'orphan', 'example.com/a') });
    const short = (index: number) =>
      `metadata.finalizers[${index}]: Invalid value: "f": name is neither a standard finalizer name nor is it fully qualified`;
    const changed = await client.refused({
      ...maps,
      verb: 'update',
      name: 'finalized',
      body: named('example.com/a', 'f'),
    });
    expect(changed.message).toBe(`ConfigMap "finalized" is invalid: ${short(1)}`);
    const created = await client.refused({ ...maps, verb: 'create', body: named('f') });
    expect(created.message).toBe(`ConfigMap "finalized" is invalid: ${short(0)}`);
  });

  it('scales without touching anything else', async () => {
    await client.ok({ ...deployments, verb: 'create', body: deployment('scaled') });
    const at = { ...deployments, name: 'scaled', subresource: 'scale' } as const;
    const scale = await client.ok({ ...at, verb: 'get' });
    expect(scale).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name: 'scaled', namespace: 'default' },
      spec: { replicas: 1 },
      status: { replicas: 0, selector: 'app=scaled' },
    });
    const body = { ...scale, spec: { replicas: 4 } };
    expect(await client.ok({ ...at, verb: 'update', body })).toMatchObject({ spec: { replicas: 4 } });
    expect(await client.refused({ ...at, verb: 'update', body })).toMatchObject({ reason: 'Conflict' });
    const patch = { ...at, verb: 'patch', contentType: 'application/merge-patch+json' } as const;
    await client.ok({ ...patch, body: { spec: { replicas: 3 } } });
    expect((await client.refused({ ...patch, body: { spec: { replicas: -1 } } })).message).toBe(
      'Scale.autoscaling "scaled" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    );
    const after = await client.ok<Deployment>({ ...deployments, verb: 'get', name: 'scaled' });
    expect([after.spec.replicas, after.metadata.generation]).toEqual([3, 3]);
  });

  it('scales by a patch also what somebody else writes at the same time, unless it names a version', async () => {
    const { metadata } = await client.ok({ ...deployments, verb: 'create', body: deployment('busy') });
    const key = { group: 'apps', resource: 'deployments', namespace: 'default', name: 'busy' };
    const commit = cluster.store.commit.bind(cluster.store);
    const commits = vi.spyOn(cluster.store, 'commit').mockImplementationOnce(async (...mine) => {
      const object = (await cluster.store.get(key)) as KubeObject;
      await commit([
        { type: 'update', key, object: { ...object, metadata: { ...object.metadata, labels: { a: 'b' } } } },
      ]);
      return commit(...mine);
    });
    const at = { ...deployments, name: 'busy', subresource: 'scale', verb: 'patch' } as const;
    const patch = { ...at, contentType: 'application/merge-patch+json' };
    await client.ok({ ...patch, body: { spec: { replicas: 7 } } });
    commits.mockRestore();
    const after = await client.ok<Deployment>({ ...deployments, verb: 'get', name: 'busy' });
    expect([after.spec.replicas, after.metadata.labels]).toEqual([7, { a: 'b' }]);
    const { resourceVersion } = metadata;
    const named = { ...patch, body: { metadata: { resourceVersion }, spec: { replicas: 8 } } };
    expect(await client.refused(named)).toMatchObject({ reason: 'Conflict' });
  });
});

import type { KubeObject } from '@kubus/shared/object';
import type { Ingress, PersistentVolumeClaim, Pod } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, type Client, core, podBody, startCluster, type TestCluster } from './testing/cluster.ts';

const pods = { ...core, resource: 'pods', namespace: 'default' } as const;
const claims = { ...core, resource: 'persistentvolumeclaims', namespace: 'default' } as const;
const storageClasses = { group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' } as const;
const ingresses = { group: 'networking.k8s.io', version: 'v1', resource: 'ingresses', namespace: 'default' } as const;
const ingressClasses = { group: 'networking.k8s.io', version: 'v1', resource: 'ingressclasses' } as const;
const runtimeClasses = { group: 'node.k8s.io', version: 'v1', resource: 'runtimeclasses' } as const;

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster({ takesPods: true });
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());

const claim = (name: string, spec: object = {}) => ({
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
});
const isDefault = (kind: string) => ({ [`${kind}.kubernetes.io/is-default-class`]: 'true' });

describe('a claim', () => {
  it('gets the default storage class, unless it names one or none', async () => {
    const metadata = { name: 'standard', annotations: isDefault('storageclass') };
    await client.ok({ ...storageClasses, verb: 'create', body: { metadata, provisioner: 'example.com/p' } });
    const create = async (body: KubeObject | object) =>
      (await client.ok<PersistentVolumeClaim>({ ...claims, verb: 'create', body, query: { dryRun: 'All' } })).spec;
    await eventually(async () => expect((await create(claim('c')))?.storageClassName).toBe('standard'));
    expect((await create(claim('c', { storageClassName: '' })))?.storageClassName ?? '').toBe('');
    expect((await create(claim('c', { storageClassName: 'other' })))?.storageClassName).toBe('other');
  });

  it('grows only where its class lets it', async () => {
    for (const [name, allowVolumeExpansion] of [
      ['grows', true],
      ['stays', false],
    ] as const) {
      await client.ok({
        ...storageClasses,
        verb: 'create',
        body: { metadata: { name }, provisioner: 'p', allowVolumeExpansion },
      });
      const made = await client.ok<PersistentVolumeClaim>({
        ...claims,
        verb: 'create',
        body: claim(name, { storageClassName: name, volumeName: 'v' }),
      });
      const status = { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] };
      await client.ok({
        ...claims,
        verb: 'update',
        name,
        subresource: 'status',
        body: { ...made, status } as KubeObject,
      });
    }
    const patch = { ...claims, verb: 'patch', contentType: 'application/merge-patch+json' } as const;
    const body = { spec: { resources: { requests: { storage: '2Gi' } } } };
    expect((await client.send({ ...patch, name: 'grows', body })).code).toBe(200);
    expect((await client.send({ ...patch, name: 'stays', body })).body).toMatchObject({
      message:
        'persistentvolumeclaims "stays" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    });
  });
});

describe('an ingress', () => {
  it('gets the default class', async () => {
    const metadata = { name: 'public', annotations: isDefault('ingressclass') };
    await client.ok({ ...ingressClasses, verb: 'create', body: { metadata, spec: { controller: 'example.com/c' } } });
    const body = {
      metadata: { name: 'i' },
      spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } },
    };
    await eventually(async () => {
      const made = await client.ok<Ingress>({ ...ingresses, verb: 'create', body, query: { dryRun: 'All' } });
      expect(made.spec?.ingressClassName).toBe('public');
    });
  });
});

describe('a pod', () => {
  it('takes overhead and nodes from its runtime class, at once', async () => {
    const body = {
      metadata: { name: 'kata' },
      handler: 'kata',
      overhead: { podFixed: { memory: '120Mi' } },
      scheduling: { nodeSelector: { vm: 'yes' }, tolerations: [{ key: 'vm', operator: 'Exists' }] },
    };
    await client.ok({ ...runtimeClasses, verb: 'create', body });
    const create = (spec: object) =>
      client.send({ ...pods, verb: 'create', body: podBody('p', { ...spec }), query: { dryRun: 'All' } });
    const { spec } = (await create({ runtimeClassName: 'kata', nodeSelector: { a: 'b' } })).body as Pod;
    expect(spec).toMatchObject({ overhead: { memory: '120Mi' }, nodeSelector: { a: 'b', vm: 'yes' } });
    expect(spec?.tolerations).toContainEqual({ key: 'vm', operator: 'Exists' });
    const message = async (more: object) => ((await create(more)).body as { message?: string }).message;
    expect(await message({ runtimeClassName: 'none' })).toBe(
      'pods "p" is forbidden: pod rejected: RuntimeClass "none" not found',
    );
    expect(await message({ overhead: { cpu: '1' } })).toBe(
      'pods "p" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
    );
    expect(await message({ runtimeClassName: 'kata', nodeSelector: { vm: 'no' } })).toBe(
      'pods "p" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no',
    );
  });
});

import type { KubeObject } from '@kubus/shared/object';
import type { Pod as FullPod } from '@kubus/shared/schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, type Client, configMap, core, podBody, startCluster, type TestCluster } from './testing/cluster.ts';

const maps = { ...core, resource: 'configmaps', namespace: 'default' } as const;
const pods = { ...core, resource: 'pods', namespace: 'default' } as const;

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster({ takesPods: true });
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());

interface Pod extends KubeObject {
  spec: Record<string, unknown> & { tolerations: object[] };
  status: Record<string, unknown>;
}

describe('create', () => {
  it('gives an object what only the server can say', async () => {
    const { code, body } = await client.send({ ...maps, verb: 'create', body: configMap('first', { a: '1' }) });
    expect(code).toBe(201);
    const { metadata, ...rest } = body as KubeObject;
    expect(rest).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } });
    expect(metadata).toMatchObject({ name: 'first', namespace: 'default' });
    expect(metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Number(metadata.resourceVersion)).toBeGreaterThan(0);
  });

  it('has the text of what it created at hand, and it says what the body says', async () => {
    const { body, json } = await client.send({ ...pods, verb: 'create', body: podBody('told', { hostname: 'told' }) });
    expect(JSON.parse([...(json?.() ?? [])].join(''))).toEqual(JSON.parse(JSON.stringify(body)));
    expect(await client.ok({ ...pods, verb: 'get', name: 'told' })).toEqual(JSON.parse(JSON.stringify(body)));
  });

  it('drops what a client says of system fields and of status', async () => {
    const body = { ...podBody('forged'), status: { phase: 'Running', podIP: '10.0.0.1' } };
    Object.assign(body.metadata, { uid: 'mine', generation: 7, deletionTimestamp: '2020-01-01T00:00:00Z' });
    const pod = await client.ok<Pod>({ ...pods, verb: 'create', body });
    expect(pod.metadata.uid).not.toBe('mine');
    expect(pod.metadata.generation).toBe(1);
    expect(pod.metadata.deletionTimestamp).toBeUndefined();
    expect(pod.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
  });

  it('fills in the defaults that clients rely on', async () => {
    const pod = await client.ok<Pod>({ ...pods, verb: 'create', body: podBody('defaulted') });
    expect(pod.spec).toMatchObject({
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
      enableServiceLinks: true,
      serviceAccountName: 'default',
      serviceAccount: 'default',
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      containers: [
        {
          imagePullPolicy: 'IfNotPresent',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
    });
    expect(pod.spec.tolerations).toHaveLength(2);
  });

  it('makes a name for an object that asks for one', async () => {
    const body = { metadata: { generateName: 'job-' } };
    const names = await Promise.all(
      [1, 2, 3].map(async () => (await client.ok({ ...maps, verb: 'create', body })).metadata.name),
    );
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^job-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it('refuses a name that is taken', async () => {
    await client.ok({ ...maps, verb: 'create', body: configMap('taken') });
    expect(await client.refused({ ...maps, verb: 'create', body: configMap('taken') })).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'configmaps "taken" already exists',
      reason: 'AlreadyExists',
      details: { name: 'taken', kind: 'configmaps' },
      code: 409,
    });
  });

  it('refuses a namespace that does not exist', async () => {
    const status = await client.refused({ ...maps, namespace: 'nowhere', verb: 'create', body: configMap('a') });
    expect(status).toMatchObject({ reason: 'NotFound', code: 404, message: 'namespaces "nowhere" not found' });
  });

  it('refuses a namespace on its way out', async () => {
    const namespaces = { ...core, resource: 'namespaces' } as const;
    await client.ok({ ...namespaces, verb: 'create', body: { metadata: { name: 'leaving' } } });
    await client.ok({ ...namespaces, verb: 'delete', name: 'leaving' });
    const status = await client.refused({ ...maps, namespace: 'leaving', verb: 'create', body: configMap('late') });
    expect(status.message).toBe(
      'configmaps "late" is forbidden: unable to create new content in namespace leaving because it is being terminated',
    );
    expect(status.details?.causes).toEqual([
      {
        reason: 'NamespaceTerminating',
        message: 'namespace leaving is being terminated',
        field: 'metadata.namespace',
      },
    ]);
  });

  it('refuses a body for another namespace, kind or version', async () => {
    const elsewhere = { ...configMap('a'), metadata: { name: 'a', namespace: 'other' } };
    const message = async (body: unknown) => (await client.refused({ ...maps, verb: 'create', body })).message;
    expect(await message(elsewhere)).toBe(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
    expect(await message({ ...configMap('a'), apiVersion: 'apps/v1' })).toBe(
      'the API version in the data (apps/v1) does not match the expected API version (v1)',
    );
    expect(await message({ ...configMap('a'), kind: 'Secret' })).toContain(
      'Secret in version "v1" cannot be handled as a ConfigMap',
    );
    expect(await message(undefined)).toBe(
      "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
    );
  });

  it('tells every reason for which an object is refused, with its field', async () => {
    const body = podBody('Bad_Name', { containers: [{ name: 'A', image: '' }, { name: 'x' }], restartPolicy: 'Often' });
    const status = await client.refused({ ...pods, verb: 'create', body });
    expect(status).toMatchObject({ reason: 'Invalid', code: 422, details: { kind: 'Pod', name: 'Bad_Name' } });
    expect(status.details?.causes?.map(({ field, reason }) => [field, reason])).toEqual([
      ['metadata.name', 'FieldValueInvalid'],
      ['spec.containers[0].name', 'FieldValueInvalid'],
      ['spec.containers[0].image', 'FieldValueRequired'],
      ['spec.containers[1].image', 'FieldValueRequired'],
      ['spec.restartPolicy', 'FieldValueNotSupported'],
    ]);
    expect(status.message).toContain(
      'spec.restartPolicy: Unsupported value: "Often": supported values: "Always", "OnFailure", "Never"',
    );
  });

  it('refuses names that could be taken for something else', async () => {
    for (const name of ['..', '.', '*', '>', 'a b', '__proto__', 'a/b', 'a\nb', 'A', '', 'x'.repeat(254)]) {
      const status = await client.refused({ ...maps, verb: 'create', body: configMap(name) });
      expect([name, status.code, status.details?.causes?.[0]?.field]).toEqual([name, 422, 'metadata.name']);
    }
  });

  it('takes keys that mean something in JavaScript as data', async () => {
    const body = JSON.parse('{"metadata":{"name":"keys","labels":{"constructor":"a"}},"data":{"__proto__":"b"}}');
    const made = await client.ok<KubeObject & { data: object }>({ ...maps, verb: 'create', body });
    expect(Object.entries(made.data)).toEqual([['__proto__', 'b']]);
    const read = await client.ok<KubeObject & { data: object }>({ ...maps, verb: 'get', name: 'keys' });
    expect(JSON.stringify(read.data)).toBe('{"__proto__":"b"}');
    const labels = { ...maps, verb: 'list', query: { labelSelector: 'constructor=a' } } as const;
    expect((await client.ok<KubeObject & { items: object[] }>(labels)).items).toHaveLength(1);
  });

  it('refuses bodies of the wrong type', async () => {
    for (const body of [undefined, null, 'text', 7, [], { metadata: 'x' }, { metadata: { labels: [] } }]) {
      const status = await client.refused({ ...maps, verb: 'create', body });
      expect([JSON.stringify(body), status.code]).toEqual([JSON.stringify(body), 400]);
    }
  });

  it('passes over, warns of or refuses unknown fields as it is told', async () => {
    const body = { ...podBody('unknown'), spec: { ...podBody('x').spec, colour: 'red' } };
    const query = (fieldValidation: string) => ({ dryRun: 'All', fieldValidation });
    const strict = await client.refused({ ...pods, verb: 'create', body, query: query('Strict') });
    expect(strict.message).toBe(
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "spec.colour"',
    );
    const warned = await client.send({ ...pods, verb: 'create', body, query: query('Warn') });
    expect(warned.warnings).toEqual(['unknown field "spec.colour"']);
    const ignored = await client.send({ ...pods, verb: 'create', body, query: query('Ignore') });
    expect(ignored).toMatchObject({ code: 201 });
    expect(ignored.warnings).toBeUndefined();
  });

  it('refuses options that it does not know', async () => {
    const query = { dryRun: 'Some', fieldValidation: 'Lax', fieldManager: 'x'.repeat(129) };
    const status = await client.refused({ ...maps, verb: 'create', body: configMap('o'), query });
    expect(status.message).toBe(
      'CreateOptions.meta.k8s.io "" is invalid: [fieldManager: Too long: may not be more than 128 bytes, dryRun: Unsupported value: ["Some"]: supported values: "All", fieldValidation: Unsupported value: "Lax": supported values: "", "Ignore", "Strict", "Warn"]',
    );
  });

  it('writes nothing on a dry run, and says what it would', async () => {
    const { code, body } = await client.send({
      ...maps,
      verb: 'create',
      body: configMap('dry'),
      query: { dryRun: 'All' },
    });
    expect(code).toBe(201);
    expect((body as KubeObject).metadata.uid).toBeDefined();
    expect((body as KubeObject).metadata.resourceVersion).toBeUndefined();
    expect(await client.refused({ ...maps, verb: 'get', name: 'dry' })).toMatchObject({ reason: 'NotFound' });
    await client.ok({ ...maps, verb: 'create', body: configMap('there') });
    const again = { ...maps, verb: 'create', body: configMap('there'), query: { dryRun: 'All' } } as const;
    expect(await client.refused(again)).toMatchObject({ reason: 'AlreadyExists' });
  });

  it('gives pods a token of their account, unless they or the account will not have it', async () => {
    const token = async (name: string, spec: object) => {
      const pod = await client.ok<FullPod>({
        ...core,
        resource: 'pods',
        namespace: 'default',
        verb: 'create',
        body: podBody(name, { ...spec }),
      });
      return { volumes: pod.spec?.volumes ?? [], mounts: pod.spec?.containers[0]?.volumeMounts ?? [] };
    };
    const { volumes, mounts } = await token('with-token', {});
    expect(volumes).toEqual([
      {
        name: expect.stringMatching(/^kube-api-access-[a-z0-9]{5}$/),
        projected: {
          defaultMode: 0o644,
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
            { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
            {
              downwardAPI: {
                items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
              },
            },
          ],
        },
      },
    ]);
    // So that they have the same fields, whose owners are worked out and kept once.
    expect((await token('with-token-too', {})).volumes).toEqual(volumes);
    const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
    expect(mounts).toEqual([{ name: volumes[0]?.name, readOnly: true, mountPath }]);
    expect(await token('without-token', { automountServiceAccountToken: false })).toEqual({ volumes: [], mounts: [] });
    const own = { name: 'own', emptyDir: {} };
    const containers = [{ name: 'main', image: 'x', volumeMounts: [{ name: 'own', mountPath }] }];
    expect(await token('own-token', { containers, volumes: [own] })).toMatchObject({ volumes: [own] });
  });

  it('refuses a pod whose service account does not exist', async () => {
    const body = podBody('orphan', { serviceAccountName: 'nobody' });
    expect((await client.refused({ ...pods, verb: 'create', body })).message).toBe(
      'pods "orphan" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found',
    );
  });

  it('refuses resources and verbs that are not served', async () => {
    const unknown = { group: 'x.y', version: 'v1', resource: 'zs', verb: 'list' } as const;
    expect(await client.refused(unknown)).toMatchObject({
      code: 404,
      message: 'the server could not find the requested resource',
    });
    const review = { group: 'authorization.k8s.io', version: 'v1', resource: 'selfsubjectaccessreviews' };
    expect(await client.refused({ ...review, verb: 'list' })).toMatchObject({ code: 405 });
    expect(await client.refused({ ...pods, verb: 'get', name: 'x', subresource: 'nothing' })).toMatchObject({
      code: 404,
    });
  });

  it('keeps cyclic and self-owning objects for the garbage collector to judge', async () => {
    const owner = (name: string) => [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid: 'u' }];
    const body = { ...configMap('self'), metadata: { name: 'self', ownerReferences: owner('self') } };
    expect((await client.ok({ ...maps, verb: 'create', body })).metadata.ownerReferences).toHaveLength(1);
    const two = [1, 2].map((n) => ({ ...owner(`c${n}`)[0], controller: true }));
    const bad = { ...configMap('two'), metadata: { name: 'two', ownerReferences: two } };
    expect((await client.refused({ ...maps, verb: 'create', body: bad })).message).toContain(
      'Only one reference can have Controller set to true. Found "true" in references for ConfigMap/c1 and ConfigMap/c2',
    );
  });
});

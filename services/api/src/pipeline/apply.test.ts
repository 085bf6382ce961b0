import type { KubeObject } from '@kubus/shared/object';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { install, uninstall } from '../admission/testing/configurations.ts';
import { admin, type Client, configMap, core, podBody, startCluster, type TestCluster } from './testing/cluster.ts';

const maps = { ...core, resource: 'configmaps', namespace: 'default' } as const;
const deployments = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'default' } as const;

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster({ takesPods: true });
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());

function apply(name: string, manager: string, data: Record<string, string>, query: Record<string, string> = {}) {
  return {
    ...maps,
    verb: 'patch',
    name,
    contentType: 'application/apply-patch+yaml',
    body: configMap(name, data),
    query: { fieldManager: manager, ...query },
  } as const;
}

const managers = ({ metadata }: KubeObject) =>
  (metadata.managedFields ?? []).map(({ manager, operation, subresource }) => [manager, operation, subresource ?? '']);

describe('managed fields', () => {
  it('tell who made an object and who changed it since', async () => {
    const made = await client.ok({
      ...maps,
      verb: 'create',
      body: configMap('made', { a: '1' }),
      query: { fieldManager: 'one' },
    });
    expect(made.metadata.managedFields).toEqual([
      {
        manager: 'one',
        operation: 'Update',
        apiVersion: 'v1',
        time: made.metadata.creationTimestamp,
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } },
      },
    ]);
    const request = { ...maps, verb: 'patch', name: 'made', contentType: 'application/merge-patch+json' } as const;
    const after = await client.ok({ ...request, body: { data: { b: '2' } }, query: { fieldManager: 'two' } });
    expect(managers(after).toSorted()).toEqual([
      ['one', 'Update', ''],
      ['two', 'Update', ''],
    ]);
    const unnamed = await client.ok({ ...request, body: { data: { c: '3' } } });
    expect(managers(unnamed)).toContainEqual(['test', 'Update', '']);
  });

  it('give a creator what was sent and its defaults, and nobody what admission adds', async () => {
    const pod = await client.ok({
      ...core,
      resource: 'pods',
      namespace: 'default',
      verb: 'create',
      body: podBody('own'),
    });
    const [entry, ...others] = pod.metadata.managedFields ?? [];
    expect([entry?.manager, others]).toEqual(['test', []]);
    const { 'f:spec': spec } = entry?.fieldsV1 as Record<string, Record<string, unknown>>;
    expect(Object.keys(spec ?? {}).sort()).toEqual([
      ...['f:containers', 'f:dnsPolicy', 'f:enableServiceLinks', 'f:restartPolicy', 'f:schedulerName'],
      ...['f:securityContext', 'f:terminationGracePeriodSeconds'],
    ]);
    expect(JSON.stringify(spec)).not.toContain('f:volumeMounts');
  });

  it('keep status apart', async () => {
    const labels = { app: 'x' };
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podBody('x').spec } };
    const body = { metadata: { name: 'kept' }, spec, status: { replicas: 3 } };
    const made = await client.ok({ ...deployments, verb: 'create', body });
    expect(JSON.stringify(made.metadata.managedFields)).not.toContain('f:status');
    const status = { ...deployments, verb: 'update', name: 'kept', subresource: 'status' } as const;
    const reported = await client.ok({
      ...status,
      body: { ...made, status: { replicas: 1 } },
      query: { fieldManager: 'controller' },
    });
    expect(managers(reported).toSorted()).toEqual([
      ['controller', 'Update', 'status'],
      ['test', 'Update', ''],
    ]);
  });

  it('give to nobody what policies add, whether an object is created, updated, patched or applied', async () => {
    const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] };
    const expression = "Object{data: {'added': string(size(object.data))}}";
    await install(cluster, 'mutatingadmissionpolicies', 'adds', {
      spec: {
        ...{ failurePolicy: 'Fail', reinvocationPolicy: 'Never' },
        matchConstraints: { resourceRules: [rule] },
        mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
      },
    });
    await install(cluster, 'mutatingadmissionpolicybindings', 'adds', { spec: { policyName: 'adds' } });
    const query = (fieldManager: string) => ({ query: { fieldManager } });
    const target = { ...maps, name: 'policed' } as const;
    await client.ok({ ...maps, verb: 'create', body: configMap('policed', { a: '1' }), ...query('creator') });
    const more = configMap('policed', { a: '1', b: '2' });
    await client.ok({ ...target, verb: 'update', body: more, ...query('editor') });
    const merge = { contentType: 'application/merge-patch+json', body: { data: { c: '3' } } };
    await client.ok({ ...target, verb: 'patch', ...merge, ...query('patcher') });
    const made = await client.ok<ConfigMap>(apply('policed', 'applier', { d: '4' }));
    expect(made.data).toEqual({ a: '1', b: '2', c: '3', d: '4', added: '5' });
    const owned = (made.metadata.managedFields ?? []).map((entry) => [
      entry.manager,
      Object.keys((entry.fieldsV1 as { 'f:data': object })['f:data']).filter((key) => key !== '.'),
    ]);
    expect(new Map(owned as [string, string[]][])).toEqual(
      new Map([
        ['applier', ['f:d']],
        ['creator', ['f:a']],
        ['editor', ['f:b']],
        ['patcher', ['f:c']],
      ]),
    );
    await uninstall(cluster, 'mutatingadmissionpolicies');
  });
});

describe('server-side apply', () => {
  it('creates, changes and takes away what the same manager applied', async () => {
    expect(await client.send(apply('applied', 'a', { x: '1', y: '2' }))).toMatchObject({ code: 201 });
    const { code, body } = await client.send(apply('applied', 'a', { x: '1', z: '3' }));
    expect([code, (body as ConfigMap).data]).toEqual([200, { x: '1', z: '3' }]);
    expect(managers(body as KubeObject)).toEqual([['a', 'Apply', '']]);
  });

  it('changes nothing when applied again', async () => {
    const first = await client.ok(apply('again', 'a', { x: '1' }));
    const second = await client.ok(apply('again', 'a', { x: '1' }));
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it('by many who all find nothing makes one object that has what each applied', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `m${i}`);
    const answers = await Promise.all(names.map((name) => client.send(apply('raced', name, { [name]: '1' }))));
    expect(answers.map(({ code }) => code).toSorted()).toEqual([...Array<number>(19).fill(200), 201]);
    const made = await client.ok<ConfigMap>({ ...maps, verb: 'get', name: 'raced' });
    expect(Object.keys(made.data ?? {}).toSorted()).toEqual(names.toSorted());
    expect(managers(made)).toHaveLength(20);
  });

  it('that changes nothing is still put before admission, however often it came through', async () => {
    const request = apply('judged', 'a', { x: '1' });
    await client.ok(request);
    await client.ok(request);
    const unchanged = await client.ok(request);
    const group = { group: 'admissionregistration.k8s.io', version: 'v1' } as const;
    const rule = { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['UPDATE'] };
    const spec = {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: "object.metadata.name != 'judged'" }],
    };
    const policies = { ...group, verb: 'create', resource: 'validatingadmissionpolicies' } as const;
    await client.ok({ ...policies, body: { metadata: { name: 'judges' }, spec } });
    const bindings = { ...policies, resource: 'validatingadmissionpolicybindings' } as const;
    const binding = { policyName: 'judges', validationActions: ['Deny'] };
    await client.ok({ ...bindings, body: { metadata: { name: 'judges' }, spec: binding } });
    await expect.poll(async () => (await client.send(request)).code, { timeout: 10_000 }).toBe(422);
    const kept = await client.ok({ ...maps, verb: 'get', name: 'judged' });
    expect(kept.metadata.resourceVersion).toBe(unchanged.metadata.resourceVersion);
  });

  it('refuses to take what another owns, and takes it when forced', async () => {
    await client.ok(apply('owned', 'a', { x: '1' }));
    const status = await client.refused(apply('owned', 'b', { x: '2' }));
    expect(status).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "a": .data.x',
      details: { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "a"', field: '.data.x' }] },
    });
    const forced = await client.ok<ConfigMap>(apply('owned', 'b', { x: '2' }, { force: 'true' }));
    expect(forced.data).toEqual({ x: '2' });
  });

  it('takes a configuration of the version that is asked for only, and one that is none not at all', async () => {
    const message = async (body: unknown) => (await client.refused({ ...apply('of', 'a', {}), body })).message;
    const wrong = 'Incorrect version specified in apply patch. Specified patch version:';
    const { apiVersion: _, ...unversioned } = configMap('of');
    expect(await message({ ...unversioned, apiVersion: 'apps/v1' })).toBe(`${wrong} apps/v1, expected: v1`);
    for (const body of [unversioned, null]) expect(await message(body)).toBe(`${wrong} , expected: v1`);
    expect(await message([])).toBe(
      'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}',
    );
  });

  it('applies defaults, validation and admission like any write', async () => {
    const request = {
      ...deployments,
      verb: 'patch',
      contentType: 'application/apply-patch+yaml',
      name: 'web',
    } as const;
    const labels = { app: 'web' };
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podBody('x').spec } };
    const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec };
    const query = { fieldManager: 'a' };
    const made = await client.ok<KubeObject & { spec: { replicas: number } }>({ ...request, body, query });
    expect(made.spec.replicas).toBe(1);
    const negative = { ...body, spec: { ...spec, replicas: -1 } };
    expect((await client.refused({ ...request, body: negative, query })).message).toContain(
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    );
    const same = await client.ok({ ...request, body, query });
    expect(same.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    const nowhere = { ...request, namespace: 'nowhere', body, query } as const;
    expect(await client.refused(nowhere)).toMatchObject({ code: 404, message: 'namespaces "nowhere" not found' });
  });

  it('writes nothing on a dry run', async () => {
    expect(await client.send(apply('dry', 'a', { x: '1' }, { dryRun: 'All' }))).toMatchObject({ code: 201 });
    expect(await client.refused({ ...maps, verb: 'get', name: 'dry' })).toMatchObject({ code: 404 });
  });

  it('refuses configurations that are not of the object', async () => {
    const request = apply('strict', 'a', {});
    expect((await client.refused({ ...request, body: configMap('other') })).message).toContain(
      'the name of the object (other) does not match the name on the URL (strict)',
    );
    const managed = { ...configMap('strict'), metadata: { name: 'strict', managedFields: [{ manager: 'x' }] } };
    expect((await client.refused({ ...request, body: managed })).message).toBe('metadata.managedFields must be nil');
    expect((await client.refused({ ...request, body: { ...configMap('strict'), colour: 'red' } })).message).toContain(
      '.colour: field not declared in schema',
    );
    const uid = { ...configMap('strict'), metadata: { name: 'strict', uid: 'u' } };
    expect((await client.refused({ ...request, body: uid })).message).toContain('no existing object was found');
  });
});

// The steps of the suite (test/e2e/apimachinery/apply.go).
describe('what is applied', () => {
  const applied = <T extends KubeObject>(
    resource: { group: string; version: string; resource: string },
    body: KubeObject,
    manager: string,
    more: { subresource?: string } = {},
  ) =>
    client.ok<T>({
      ...{ ...resource, ...more, namespace: 'default', verb: 'patch', name: body.metadata.name, body },
      ...{ contentType: 'application/apply-patch+yaml', query: { fieldManager: manager } },
    });
  const pod = (more: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'suite' }, ...more });

  it.each([
    [
      'pods',
      pod({ spec: { containers: [{ name: 'test', image: 'x' }] } }),
      { 'f:spec': { 'f:containers': { 'k:{"name":"test"}': { '.': {}, 'f:image': {}, 'f:name': {} } } } },
    ],
    [
      'services',
      { ...pod({}), kind: 'Service', spec: { ports: [{ port: 8080, protocol: 'UDP' }] } },
      { 'f:spec': { 'f:ports': { 'k:{"port":8080,"protocol":"UDP"}': { '.': {}, 'f:port': {}, 'f:protocol': {} } } } },
    ],
  ])('by two managers to the same %s is owned by both, and nothing else is', async (resource, body, fieldsV1) => {
    await applied({ ...core, resource }, body, 'one');
    const { metadata } = await applied({ ...core, resource }, body, 'two');
    const entries = (metadata.managedFields ?? []).map((entry) => [entry.manager, entry.fieldsV1]);
    expect(entries).toEqual([
      ['one', fieldsV1],
      ['two', fieldsV1],
    ]);
  });

  it('of the status is taken at the status alone', async () => {
    const status = { conditions: [{ type: 'MyStatus', status: 'True' }] };
    const types = ({ status: { conditions } }: KubeObject & { status: { conditions?: { type: string }[] } }) =>
      (conditions ?? []).map(({ type }) => type);
    const pods = { ...core, resource: 'pods' };
    expect(types(await applied(pods, pod({ status }), 'three'))).not.toContain('MyStatus');
    expect(types(await applied(pods, pod({ status }), 'three', { subresource: 'status' }))).toContain('MyStatus');
  });

  it('and left out later goes, unless others own it, or somebody else has changed it since', async () => {
    interface Workload extends KubeObject {
      spec: { replicas: number; template: { spec: { hostname?: string } } };
    }
    const labels = { app: 'suite' };
    const body = (spec: object, of: object) => ({
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'suite' } },
      spec: {
        ...{ selector: { matchLabels: labels }, ...spec },
        template: { metadata: { labels }, spec: { ...podBody('x').spec, ...of } },
      },
    });
    const whole = body({ replicas: 3 }, { hostname: 'host' });
    for (const manager of ['one', 'two']) await applied(deployments, whole, manager);
    const less = await applied<Workload>(deployments, body({}, {}), 'one');
    expect([less.spec.replicas, less.spec.template.spec.hostname]).toEqual([3, 'host']);
    await client.ok({ ...deployments, verb: 'update', name: 'suite', body: { ...less, ...body({ replicas: 4 }, {}) } });
    const last = await applied<Workload>(deployments, body({}, {}), 'two');
    expect([last.spec.replicas, last.spec.template.spec.hostname]).toEqual([4, undefined]);
  });
});

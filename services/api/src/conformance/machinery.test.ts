import type { KubeObject } from '@kubus/shared/object';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminClient, type Event, type Reply } from '../testing/admin-client.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

// Lines of the conformance suite about the API server that no other test shows.

let api: TestApi;
let admin: AdminClient;
beforeAll(async () => {
  api = await startApi();
  admin = await AdminClient.connect(api);
  await ok('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
});
afterAll(async () => {
  admin?.close();
  await api?.stop();
});

const merge = 'application/merge-patch+json';
const send = (method: string, path: string, body?: object, type?: string): Promise<Reply> =>
  admin.send(method, path, body === undefined ? '' : JSON.stringify(body), type);

async function ok(method: string, path: string, body?: object, type?: string): Promise<Reply['body']> {
  const reply = await send(method, path, body, type);
  expect(reply.code, `${method} ${path}: ${JSON.stringify(reply.body)}`).toBeLessThan(300);
  return reply.body;
}

const k8s = (name: string): string => `${name}.k8s.io`;

describe('discovery', () => {
  it('finds the version of the server', async () => {
    const { major, minor } = await ok('GET', '/version');
    expect([major, minor]).toEqual([expect.stringMatching(/^\d+$/), expect.stringMatching(/^\d+$/)]);
  });

  it('has the groups of 1.36 at v1, and no others', async () => {
    const { groups } = await ok('GET', '/apis');
    const served = groups.flatMap(({ versions }: { versions: { groupVersion: string }[] }) =>
      versions.map(({ groupVersion }) => groupVersion),
    );
    const names = ['apps', 'autoscaling', 'batch', 'policy'].concat(
      ...['admissionregistration', 'apiextensions', 'apiregistration', 'authentication', 'authorization'].map(k8s),
      ...['certificates', 'coordination', 'discovery', 'events', 'flowcontrol.apiserver', 'networking', 'node'].map(
        k8s,
      ),
      ...['rbac.authorization', 'resource', 'scheduling', 'storage'].map(k8s),
    );
    const others = ['autoscaling/v2', 'metrics.k8s.io/v1beta1'];
    expect(served.sort()).toEqual([...names.map((name) => `${name}/v1`), ...others].sort());
    expect((await ok('GET', '/api')).versions).toEqual(['v1']);
  });

  it('has a preferred version for each group, which is one of its versions and has resources', async () => {
    const { groups } = await ok('GET', '/apis');
    expect(groups.length).toBeGreaterThan(15);
    for (const { name, versions, preferredVersion } of groups) {
      expect(versions).toContainEqual(preferredVersion);
      expect((await ok('GET', `/apis/${name}`)).preferredVersion).toEqual(preferredVersion);
      for (const { groupVersion } of versions) {
        const list = await ok('GET', `/apis/${groupVersion}`);
        expect(list).toMatchObject({ kind: 'APIResourceList', groupVersion });
        expect(list.resources.length).toBeGreaterThan(0);
      }
    }
  });

  it.each([
    ['admissionregistration.k8s.io/v1', ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']],
    ['apiextensions.k8s.io/v1', ['customresourcedefinitions', 'customresourcedefinitions/status']],
  ])('tells of the resources of %s', async (version, names) => {
    const { resources } = await ok('GET', `/apis/${version}`);
    expect(resources.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(names));
  });

  it('tells by a hash in which version objects are stored, whatever version and group they are asked for in', async () => {
    const hashOf = async (groupVersion: string, name: string) => {
      const { resources } = await ok('GET', groupVersion);
      return resources.find((resource: { name: string }) => resource.name === name).storageVersionHash;
    };
    // What kube-apiserver says of them.
    expect(await hashOf('/api/v1', 'pods')).toBe('xPOwRZ+Yhw8=');
    expect(await hashOf('/apis/apps/v1', 'deployments')).toBe('8aSe+NMegvE=');
    for (const groupVersion of ['/api/v1', '/apis/events.k8s.io/v1'])
      expect(await hashOf(groupVersion, 'events')).toBe('r2yiGXH7wu8=');
    for (const groupVersion of ['/apis/autoscaling/v1', '/apis/autoscaling/v2'])
      expect(await hashOf(groupVersion, 'horizontalpodautoscalers')).toBe('qwQve8ut294=');
    for (const unstored of ['pods/status', 'bindings', 'componentstatuses'])
      expect(await hashOf('/api/v1', unstored)).toBeUndefined();
  });
});

describe('a namespace', () => {
  const path = '/api/v1/namespaces/tried';

  it('is patched and updated, and takes and loses a finalizer', async () => {
    await ok('POST', '/api/v1/namespaces', { metadata: { name: 'tried' } });
    const patched = await ok('PATCH', path, { metadata: { labels: { patched: 'yes' } } }, merge);
    expect(patched.metadata.labels).toEqual({ patched: 'yes', 'kubernetes.io/metadata.name': 'tried' });
    const put = { ...patched, metadata: { ...patched.metadata, labels: { ...patched.metadata.labels, put: 'yes' } } };
    expect((await ok('PUT', path, put)).metadata.labels).toMatchObject({ patched: 'yes', put: 'yes' });
    const current = await ok('GET', path);
    const finalizers = ['kubernetes', 'example.com/tried'];
    const held = await ok('PUT', `${path}/finalize`, { ...current, spec: { finalizers } });
    expect(held.spec.finalizers.toSorted()).toEqual(finalizers.toSorted());
    const freed = await ok('PUT', `${path}/finalize`, { ...held, spec: { finalizers: ['kubernetes'] } });
    expect(freed.spec.finalizers).toEqual(['kubernetes']);
  });

  it('is active, and has conditions that a status patch and a status update set', async () => {
    const condition = (type: string) => ({ type, status: 'True', reason: 'Test', message: 'set by a test' });
    expect((await ok('GET', `${path}/status`)).status).toEqual({ phase: 'Active' });
    const annotations = { 'e2e-patched-ns-status': 'tried' };
    const patch = { metadata: { annotations }, status: { conditions: [condition('Patched')] } };
    const patched = await ok('PATCH', `${path}/status`, patch, merge);
    expect(patched.metadata.annotations).toMatchObject(annotations);
    expect(patched.status.conditions).toEqual([expect.objectContaining(condition('Patched'))]);
    const status = { ...patched.status, conditions: [...patched.status.conditions, condition('Put')] };
    const put = await ok('PUT', `${path}/status`, { ...patched, status });
    expect(put.status.conditions.map(({ type }: { type: string }) => type)).toEqual(['Patched', 'Put']);
  });

  it('is Active until it is deleted and Terminating from then on, whatever a status says', async () => {
    const why = 'Namespace "ends" is invalid: status.Phase: Invalid value:';
    const status = async (phase: string | null): Promise<string> => {
      const { code, body } = await send('PATCH', '/api/v1/namespaces/ends/status', { status: { phase } }, merge);
      return code === 200 ? body.status.phase : `${code} ${body.message}`;
    };
    await ok('POST', '/api/v1/namespaces', { metadata: { name: 'ends' } });
    expect([await status('Terminating'), await status(null)]).toEqual([
      `422 ${why} "Terminating": may only be 'Active' if \`deletionTimestamp\` is empty`,
      'Active',
    ]);
    await ok('DELETE', '/api/v1/namespaces/ends');
    expect([await status('Active'), await status('Terminating')]).toEqual([
      `422 ${why} "Active": may only be 'Terminating' if \`deletionTimestamp\` is not empty`,
      'Terminating',
    ]);
  });
});

describe('watches', () => {
  it('at the same time from any revision give the same events in the same order', async () => {
    const maps = '/api/v1/namespaces/default/configmaps';
    const { resourceVersion } = (await ok('GET', maps)).metadata;
    const revisions: string[] = [resourceVersion];
    for (let at = 0; at < 10; at += 1) {
      await ok('POST', maps, { metadata: { name: `watched-${at}` } });
      const { metadata } = await ok('PATCH', `${maps}/watched-${at}`, { data: { at: `${at}` } }, merge);
      revisions.push(metadata.resourceVersion);
      if (at % 2 === 0) await ok('DELETE', `${maps}/watched-${at}`);
    }
    const line = ({ type, object }: Event) => `${type} ${object.metadata.name} ${object.metadata.resourceVersion}`;
    const [all = [], ...rest] = await Promise.all(
      revisions.map(async (from, n) => {
        const wanted = 25 - (n === 0 ? 0 : 2 * n + Math.ceil((n - 1) / 2));
        if (wanted === 0) return [];
        const seen = await admin.watch(`${maps}?watch=1&resourceVersion=${from}`, (events) => events.length >= wanted);
        return seen.map(line);
      }),
    );
    expect(all).toHaveLength(25);
    for (const seen of rest) expect(seen).toEqual(all.slice(all.length - seen.length));
  });
});

describe('lists in pages', () => {
  const templates = '/api/v1/namespaces/default/podtemplates';
  const template = { spec: { containers: [{ name: 'main', image: 'x' }] } };

  it('are of one revision and say what remains', async () => {
    for (let at = 0; at < 12; at += 1) await ok('POST', templates, { metadata: { name: `t-${at}` }, template });
    const first = await ok('GET', `${templates}?limit=5`);
    expect(first.metadata.remainingItemCount).toBe(7);
    await ok('DELETE', `${templates}/t-9`);
    const second = await ok('GET', `${templates}?limit=5&continue=${first.metadata.continue}`);
    const third = await ok('GET', `${templates}?limit=5&continue=${second.metadata.continue}`);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    for (const field of ['continue', 'remainingItemCount']) expect(third.metadata).not.toHaveProperty(field);
    expect([first, second, third].flatMap(({ items }) => items)).toHaveLength(12);
    expect((await ok('GET', templates)).items).toHaveLength(11);
  });

  it('go on as the list is by then, where what it was is no longer kept', async () => {
    const first = await ok('GET', `${templates}?limit=5`);
    await ok('POST', templates, { metadata: { name: 't-99' }, template });
    const { code, body } = await send('GET', `${templates}?limit=5&continue=${expired(first.metadata.continue)}`);
    expect([code, body.reason]).toEqual([410, 'Expired']);
    const second = await ok('GET', `${templates}?limit=5&continue=${body.metadata.continue}`);
    expect(second.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
    expect(second.items.length + second.metadata.remainingItemCount).toBe(7);
    const third = await ok('GET', `${templates}?limit=5&continue=${second.metadata.continue}`);
    expect(third.metadata).not.toHaveProperty('remainingItemCount');
    expect(third.metadata.resourceVersion).toBe(second.metadata.resourceVersion);
    const names = [first, second, third].flatMap(({ items }) => items.map((item: KubeObject) => item.metadata.name));
    expect(names).toEqual((await ok('GET', templates)).items.map((item: KubeObject) => item.metadata.name));
  });
});

/** The token of a list that began before anything that is kept. */
function expired(token: string): string {
  const fields = JSON.parse(Buffer.from(token, 'base64url').toString());
  return Buffer.from(JSON.stringify(fields.with(3, 1))).toString('base64url');
}

it('is not given as a Table where there is none', async () => {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const body = { spec: { resourceAttributes: { verb: 'get', resource: 'pods' } } };
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const { code, body: status } = await admin.send('POST', path, JSON.stringify(body), undefined, { accept });
  expect([code, status.reason]).toEqual([406, 'NotAcceptable']);
});

it('is given as a Table for a Scale, and not for what a pod is told', async () => {
  const path = '/apis/apps/v1/namespaces/default/deployments';
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  const template = { metadata: { labels: { app: 'tabled' } }, spec: { containers: [{ name: 'a', image: 'b' }] } };
  const spec = { replicas: 3, selector: { matchLabels: { app: 'tabled' } }, template };
  await ok('POST', path, { metadata: { name: 'tabled' }, spec });
  const { body: table } = await admin.send('GET', `${path}/tabled/scale`, '', undefined, { accept });
  expect(table.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
    'Name',
    'Desired',
    'Available',
    'Age',
  ]);
  expect(table.rows[0].cells).toEqual(['tabled', 3, 0, expect.stringMatching(/^\d+s$/)]);
  const { body: whole } = await admin.send('GET', `${path}/tabled/status`, '', undefined, { accept });
  expect(whole.columnDefinitions[1].name).toBe('Ready');
  const eviction = '/api/v1/namespaces/default/pods/none/eviction';
  const { code } = await admin.send('POST', eviction, '{"metadata":{"name":"none"}}', undefined, { accept });
  expect(code).toBe(406);
});

describe('objects of a kind', () => {
  it.each([
    ['ConfigMap', 'configmaps'],
    ['Secret', 'secrets'],
  ])('%s has no empty keys', async (kind, plural) => {
    const body = { apiVersion: 'v1', kind, metadata: { name: 'empty' }, data: { '': 'dmFsdWU=' } };
    const { code, body: status } = await send('POST', `/api/v1/namespaces/default/${plural}`, body);
    expect([code, status.reason, status.details.causes[0].field]).toEqual([422, 'Invalid', 'data[]']);
  });

  it.each([
    ['ConfigMap', 'configmaps'],
    ['Secret', 'secrets'],
  ])('%s that says that it is immutable stays what it is, but for its metadata', async (kind, plural) => {
    const path = `/api/v1/namespaces/default/${plural}`;
    await ok('POST', path, { apiVersion: 'v1', kind, metadata: { name: 'kept' }, data: { a: 'dmFsdWU=' } });
    const change = (body: object) => send('PATCH', `${path}/kept`, body, merge);
    expect((await change({ data: { a: 'YQ==' } })).code).toBe(200);
    expect((await change({ immutable: true })).code).toBe(200);
    expect((await change({ data: { a: 'Yg==' } })).code).toBe(422);
    expect((await change({ immutable: false })).code).toBe(422);
    expect((await change({ metadata: { labels: { still: 'editable' } } })).code).toBe(200);
  });

  const limited = { limits: { cpu: '100m', memory: '100Mi' }, requests: { cpu: '100m', memory: '100Mi' } };
  it.each([
    ['Guaranteed', limited],
    ['Burstable', { requests: { cpu: '1m' } }],
    ['BestEffort', {}],
  ])('Pod is %s by what it asks for', async (qosClass, resources) => {
    const spec = { containers: [{ name: 'main', image: 'x', resources }] };
    const metadata = { name: qosClass.toLowerCase() };
    expect((await ok('POST', '/api/v1/namespaces/default/pods', { metadata, spec })).status).toMatchObject({
      qosClass,
    });
  });

  it('Pod has volumes of CSI drivers in its own spec', async () => {
    const csi = { driver: 'inline.example.com', readOnly: true, volumeAttributes: { a: 'b' } };
    const spec = { containers: [{ name: 'main', image: 'x' }], volumes: [{ name: 'inline', csi }] };
    const path = '/api/v1/namespaces/default/pods';
    await ok('POST', path, { metadata: { name: 'inline' }, spec });
    expect((await ok('GET', `${path}/inline`)).spec.volumes).toContainEqual({ name: 'inline', csi });
  });

  it('Pod of a runtime class that is not there is refused', async () => {
    const spec = { runtimeClassName: 'none', containers: [{ name: 'main', image: 'x' }] };
    const { code, body } = await send('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'rc' }, spec });
    expect([code, body.message]).toEqual([403, expect.stringContaining('RuntimeClass "none" not found')]);
  });

  it('Service of the API is found in a list over all namespaces', async () => {
    const { items } = await ok('GET', '/api/v1/services');
    expect(items).toContainEqual(
      expect.objectContaining({ metadata: expect.objectContaining({ namespace: 'default', name: 'kubernetes' }) }),
    );
  });

  it('PriorityClass keeps its value and takes the rest', async () => {
    const path = '/apis/scheduling.k8s.io/v1/priorityclasses';
    await ok('POST', path, { metadata: { name: 'p' }, value: 1 });
    expect((await send('PATCH', `${path}/p`, { value: 2 }, merge)).code).toBe(422);
    expect(await ok('PATCH', `${path}/p`, { description: 'x' }, merge)).toMatchObject({ description: 'x', value: 1 });
  });

  it('Event is selected by what it is about, in either form under its own names', async () => {
    const events = (group: string) => `${group}/v1/namespaces/default/events`;
    await ok('POST', events('/apis/events.k8s.io'), {
      metadata: { name: 'told' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      ...{ reason: 'Test', action: 'Do', type: 'Normal', note: 'n' },
      ...{ reportingController: 'teller', reportingInstance: 'one' },
      regarding: { kind: 'Pod', namespace: 'default', name: 'web' },
    });
    const found = async (group: string, selector: string) =>
      (await ok('GET', `${events(group)}?fieldSelector=${encodeURIComponent(selector)}`)).items.length;
    const own = 'reason=Test,type=Normal,metadata.name=told';
    expect(await found('/apis/events.k8s.io', `regarding.name=web,reportingController=teller,${own}`)).toBe(1);
    expect(await found('/api', `involvedObject.name=web,reportingComponent=teller,source=teller,${own}`)).toBe(1);
    expect(await found('/apis/events.k8s.io', 'regarding.name=other')).toBe(0);
    const { code } = await send('GET', `${events('/apis/events.k8s.io')}?fieldSelector=involvedObject.name%3Dweb`);
    expect(code).toBe(400);
  });

  it('ServiceAccount gives a token that a review says to be that of the account and of the pod', async () => {
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    const { status } = await ok('POST', `${accounts}/default/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 600 },
    });
    const review = { spec: { token: status.token } };
    const reviewed = await ok('POST', '/apis/authentication.k8s.io/v1/tokenreviews', review);
    expect(reviewed.status).toMatchObject({
      authenticated: true,
      user: { username: 'system:serviceaccount:default:default' },
    });
    expect(reviewed.status).not.toHaveProperty('error');
  });

  it('SelfSubjectReview says who one is, with groups, uid and extra', async () => {
    const headers = {
      ...{ 'impersonate-user': 'jane-doe', 'impersonate-uid': 'uniq-id', 'impersonate-group': 'developers' },
      'impersonate-extra-known-languages': 'python',
    };
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
    const { code, body } = await admin.send('POST', path, '{}', undefined, headers);
    expect([code, body.kind, body.apiVersion]).toEqual([201, 'SelfSubjectReview', 'authentication.k8s.io/v1']);
    expect(body.status.userInfo).toEqual({
      ...{ username: 'jane-doe', uid: 'uniq-id', groups: ['developers', 'system:authenticated'] },
      extra: { 'known-languages': ['python'] },
    });
  });

  it('SubjectAccessReview says beforehand what a request as that user then shows', async () => {
    const user = 'system:serviceaccount:default:default';
    const attributes = { verb: 'list', resource: 'configmaps', namespace: 'default' };
    const ask = async (at: string) =>
      (
        await ok('POST', `/apis/authorization.k8s.io/v1/${at}`, {
          metadata: { namespace: 'default' },
          spec: { user, resourceAttributes: attributes },
        })
      ).status.allowed;
    const tries = async () =>
      (await admin.send('GET', '/api/v1/namespaces/default/configmaps', '', undefined, { 'impersonate-user': user }))
        .code;
    const both = ['subjectaccessreviews', 'namespaces/default/localsubjectaccessreviews'];
    expect(await Promise.all(both.map(ask))).toEqual([false, false]);
    expect(await tries()).toBe(403);
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings';
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
    const subjects = [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }];
    await ok('POST', rbac, { metadata: { name: 'view' }, roleRef, subjects });
    await eventually(async () => expect(await Promise.all(both.map(ask))).toEqual([true, true]));
    expect(await tries()).toBe(200);
  });
});

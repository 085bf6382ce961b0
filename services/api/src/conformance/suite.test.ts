import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminClient, type Event, type Reply } from '../testing/admin-client.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

// Tests of the conformance suite step by step, where what they assert goes beyond the tests that show their rule.

let api: TestApi;
let admin: AdminClient;
beforeAll(async () => {
  api = await startApi();
  admin = await AdminClient.connect(api);
});
afterAll(async () => {
  admin?.close();
  await api?.stop();
});

const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const send = (method: string, path: string, body?: object, type?: string, headers?: Record<string, string>) =>
  admin.send(method, path, body === undefined ? '' : JSON.stringify(body), type, headers);

async function ok(method: string, path: string, body?: object, type?: string): Promise<Reply['body']> {
  const reply = await send(method, path, body, type);
  expect(reply.code, `${method} ${path}: ${JSON.stringify(reply.body)}`).toBeLessThan(300);
  return reply.body;
}

/** A namespace with the account that pods in it need. */
async function namespace(name: string, labels: Record<string, string> = {}): Promise<string> {
  await ok('POST', '/api/v1/namespaces', { metadata: { name, labels } });
  await ok('POST', `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } });
  return `/api/v1/namespaces/${name}`;
}

/** Without what every write changes. */
function settled({ metadata: { resourceVersion: _, managedFields: __, ...metadata }, ...rest }: Reply['body']): object {
  return { ...rest, metadata };
}

const podSpec = (requests: object = {}, limits: object = {}) => ({
  containers: [{ name: 'main', image: 'x:1', resources: { requests, limits } }],
});

describe('an event', () => {
  const selected = 'labelSelector=testevent-constant%3Dtrue';

  it('of events.k8s.io that says little of what it is about is found, patched and updated, and keeps the rest', async () => {
    const ns = await namespace('events-new');
    const events = '/apis/events.k8s.io/v1/namespaces/events-new/events';
    const eventTime = '2017-09-19T13:49:16.000000Z';
    await ok('POST', events, {
      metadata: { name: 'tried', labels: { 'testevent-constant': 'true' } },
      ...{ regarding: { namespace: 'events-new' }, eventTime, note: 'n', action: 'Do', reason: 'Test', type: 'Normal' },
      ...{ reportingController: 'test-controller', reportingInstance: 'test-node' },
    });
    for (const list of ['/apis/events.k8s.io/v1/events', events])
      expect((await ok('GET', `${list}?${selected}`)).items).toHaveLength(1);
    expect((await ok('GET', `${ns}/events?fieldSelector=source%3Dtest-controller`)).items).toHaveLength(1);
    expect((await ok('GET', `${events}?fieldSelector=reportingController%3Dtest-controller`)).items).toHaveLength(1);
    const before = await ok('GET', `${events}/tried`);
    const twice = { count: 2, lastObservedTime: '2017-09-19T20:49:11.000000Z' };
    await ok('PATCH', `${events}/tried`, { series: twice }, strategic);
    const patched = await ok('GET', `${events}/tried`);
    expect(settled(patched)).toEqual(settled({ ...before, series: twice }));
    const series = { count: 100, lastObservedTime: eventTime };
    await ok('PUT', `${events}/tried`, { ...patched, series });
    expect(settled(await ok('GET', `${events}/tried`))).toEqual(settled({ ...patched, series }));
    await ok('DELETE', `${events}/tried`);
    expect((await ok('GET', `/apis/events.k8s.io/v1/events?${selected}`)).items).toEqual([]);
  });

  it('of the core group needs neither a reporter nor a kind', async () => {
    const events = `${await namespace('events-core')}/events`;
    const about = {
      involvedObject: { namespace: 'events-core' },
      message: 'm',
      reason: 'Test',
      type: 'Normal',
      count: 1,
    };
    await ok('POST', events, { metadata: { name: 'tried' }, ...about });
    await ok('PATCH', `${events}/tried`, { message: 'patched' }, strategic);
    expect(await ok('GET', `${events}/tried`)).toMatchObject({ ...about, message: 'patched' });
  });

  it('is asked for more in events.k8s.io than in v1', async () => {
    const core = `${await namespace('events-asked')}/events`;
    const events = '/apis/events.k8s.io/v1/namespaces/events-asked/events';
    const about = { kind: 'Pod', namespace: 'events-asked', name: 'web' };
    const metadata = { name: 'asked' };
    const refused = await send('POST', events, { metadata, regarding: about, type: 'Strange', deprecatedCount: 1 });
    expect(refused.code).toBe(422);
    expect(refused.body.details.causes.map(({ field }: { field: string }) => field)).toEqual([
      'eventTime',
      'type',
      'count',
    ]);
    await ok('POST', core, { metadata, involvedObject: about, type: 'Strange', count: 1 });
    const { code, body } = await send('PATCH', `${events}/asked`, { note: 'n', deprecatedCount: 2 }, strategic);
    expect([code, body.details.causes.map(({ field }: { field: string }) => field)]).toEqual([
      422,
      ['message', 'count'],
    ]);
    await ok('PATCH', `${core}/asked`, { message: 'n', count: 2 }, strategic);
    expect(await ok('GET', `${events}/asked`)).toMatchObject({ note: 'n', deprecatedCount: 2 });
  });
});

describe('a service account', () => {
  // Of the pod, of the account, and whether the pod gets a token: the pod goes first.
  const automount: [boolean | undefined, boolean | undefined, boolean][] = [undefined, true, false].flatMap((pod) =>
    [undefined, true, false].map((account): [boolean | undefined, boolean | undefined, boolean] => [
      pod,
      account,
      pod ?? account ?? true,
    ]),
  );
  let ns: string;
  beforeAll(async () => {
    ns = await namespace('automount');
  });

  it.each(
    automount,
  )('gives pods its token where the pod says %s and it says %s: %s', async (pod, account, expected) => {
    const said = (value: boolean | undefined) => (value === undefined ? {} : { automountServiceAccountToken: value });
    const name = `pod-${pod}-account-${account}`;
    await ok('POST', `${ns}/serviceaccounts`, { metadata: { name }, ...said(account) });
    const spec = { ...podSpec(), serviceAccountName: name, ...said(pod) };
    const made = await ok('POST', `${ns}/pods`, { metadata: { name }, spec });
    const paths = (made.spec.containers[0].volumeMounts ?? []).map(({ mountPath }: { mountPath: string }) => mountPath);
    expect(paths.includes('/var/run/secrets/kubernetes.io/serviceaccount')).toBe(expected);
  });

  it('may do what a review of its rights says, by its name, groups and uid', async () => {
    const { metadata } = await ok('POST', `${ns}/serviceaccounts`, { metadata: { name: 'reviewed' } });
    const username = 'system:serviceaccount:automount:reviewed';
    const groups = ['system:authenticated', 'system:serviceaccounts', 'system:serviceaccounts:automount'];
    const resourceAttributes = { verb: 'list', resource: 'configmaps', namespace: 'automount', version: 'v1' };
    const spec = { resourceAttributes, user: username, groups, uid: metadata.uid };
    const asked = '/apis/authorization.k8s.io/v1';
    const { status } = await ok('POST', `${asked}/subjectaccessreviews`, { spec });
    const local = `${asked}/namespaces/automount/localsubjectaccessreviews`;
    const ofNamespace = await ok('POST', local, { metadata: { namespace: 'automount' }, spec });
    expect([status.allowed, ofNamespace.status.allowed]).toEqual([false, false]);
    const headers = { 'impersonate-user': username, 'impersonate-group': groups[0], 'impersonate-uid': metadata.uid };
    const { code } = await send('GET', `${ns}/configmaps`, undefined, undefined, headers as Record<string, string>);
    expect(code).toBe(403);
  });
});

// What is given back shows in the status when the controller-manager has counted; there is room at once.
describe('a quota', () => {
  const hard = {
    ...{ pods: '5', services: '10', 'services.nodeports': '1', 'services.loadbalancers': '1', resourcequotas: '1' },
    ...{ replicationcontrollers: '10', configmaps: '10', secrets: '10', persistentvolumeclaims: '10' },
    ...{ cpu: '1', memory: '500Mi', 'ephemeral-storage': '50Gi', 'requests.example.com/dongle': '3' },
  };
  let ns: string;
  const used = async () => (await ok('GET', `${ns}/resourcequotas/test-quota`)).status?.used;
  beforeAll(async () => {
    ns = await namespace('quota');
    await ok('POST', `${ns}/resourcequotas`, { metadata: { name: 'test-quota' }, spec: { hard } });
    // Known to this replica.
    const second = { metadata: { name: 'second' }, spec: { hard: {} } };
    await eventually(async () =>
      expect((await send('POST', `${ns}/resourcequotas?dryRun=All`, second)).code).toBe(403),
    );
  });

  it('captures the life of a pod, extended resources and all', async () => {
    const dongles = { 'example.com/dongle': '2' };
    const some = { cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', ...dongles };
    const made = await ok('POST', `${ns}/pods`, { metadata: { name: 'fits' }, spec: podSpec(some, dongles) });
    const taken = { pods: '1', cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi' };
    expect(await used()).toMatchObject({ ...taken, 'requests.example.com/dongle': '2' });
    const refused = async (requests: object, limits = {}) => {
      const { code } = await send('POST', `${ns}/pods`, { metadata: { name: 'no' }, spec: podSpec(requests, limits) });
      expect(code).toBe(403);
    };
    await refused({ cpu: '600m', memory: '100Mi', 'ephemeral-storage': '1Gi' });
    await refused({ cpu: '500m', memory: '100Mi', 'ephemeral-storage': '10Gi', ...dongles }, dongles);
    const other = { cpu: '100m', memory: '100Mi', 'ephemeral-storage': '10Gi' };
    const { code } = await send('PUT', `${ns}/pods/fits`, { ...made, spec: { ...made.spec, ...podSpec(other) } });
    expect(code).toBe(422);
    expect(await used()).toMatchObject(taken);
    await ok('DELETE', `${ns}/pods/fits?gracePeriodSeconds=0`);
    await ok('POST', `${ns}/pods`, { metadata: { name: 'again' }, spec: podSpec(some, dongles) });
  });

  it('captures the life of services, their node ports too', async () => {
    const service = (name: string, type: string) => ({ metadata: { name }, spec: { type, ports: [{ port: 80 }] } });
    await ok('POST', `${ns}/services`, service('plain', 'ClusterIP'));
    await ok('POST', `${ns}/services`, service('ports', 'NodePort'));
    expect((await send('POST', `${ns}/services`, service('balancer', 'LoadBalancer'))).code).toBe(403);
    expect(await used()).toMatchObject({ services: '2', 'services.nodeports': '1', 'services.loadbalancers': '0' });
    await ok('DELETE', `${ns}/services/ports`);
    await ok('POST', `${ns}/services`, service('again', 'NodePort'));
  });

  it.each([
    ['configmaps', '/api/v1', {}],
    ['secrets', '/api/v1', {}],
    ['replicationcontrollers', '/api/v1', { spec: { replicas: 0, selector: { a: 'b' }, template: {} } }],
  ])('captures the life of %s', async (plural, group, body) => {
    const path = `${group}/namespaces/quota/${plural}`;
    const template = { metadata: { labels: { a: 'b' } }, spec: podSpec() };
    const spec = 'spec' in body ? { spec: { ...body.spec, template } } : {};
    const before = Number((await used())[plural] ?? 0);
    await ok('POST', path, { metadata: { name: 'counted' }, ...spec });
    expect((await used())[plural]).toBe(String(before + 1));
  });
});

describe('a watch of what a label selects', () => {
  const label = (value: string) => ({ labels: { 'watch-this-configmap': value } });
  const selected = 'labelSelector=watch-this-configmap%3Dchanged';

  it('tells of an object that goes out of sight and comes back as deleted and added, and of nothing between', async () => {
    const maps = `${await namespace('watched')}/configmaps`;
    const { resourceVersion: from } = (await ok('GET', `${maps}?${selected}`)).metadata;
    await ok('POST', maps, { metadata: { name: 'map', ...label('changed') } });
    const change = (body: object) => ok('PATCH', `${maps}/map`, body, merge);
    const first = await change({ data: { mutation: '1' } });
    await change({ metadata: label('wrong') });
    await change({ data: { mutation: '2' } });
    await change({ metadata: label('changed') });
    await change({ data: { mutation: '3' } });
    await ok('DELETE', `${maps}/map`);
    const seen = async (revision: string, count: number) => {
      const watch = `${maps}?watch=true&${selected}&resourceVersion=${revision}`;
      const events = await admin.watch(watch, (all: readonly Event[]) => all.length === count);
      return events.map(({ type, object }) => `${type} ${object.data?.mutation ?? ''}`);
    };
    const rest = ['DELETED 1', 'ADDED 2', 'MODIFIED 3', 'DELETED 3'];
    expect(await seen(from, 6)).toEqual(['ADDED ', 'MODIFIED 1', ...rest]);
    expect(await seen(first.metadata.resourceVersion, 4)).toEqual(rest);
  });
});

describe('a request for a certificate', () => {
  it('takes conditions of any type by its approval, and by its status the certificate and others', async () => {
    const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const pem = (type: string) => btoa(`-----BEGIN ${type}-----\nMAA=\n-----END ${type}-----\n`);
    const spec = {
      ...{ request: pem('CERTIFICATE REQUEST'), signerName: 'example.com/e2e', expirationSeconds: 3600 },
      usages: ['digital signature', 'key encipherment', 'server auth'],
    };
    const { metadata } = await ok('POST', requests, { metadata: { generateName: 'e2e-example-csr-' }, spec });
    const one = `${requests}/${metadata.name}`;
    const found = await ok('GET', `${requests}?fieldSelector=spec.signerName%3Dexample.com%2Fe2e`);
    expect(found.items).toMatchObject([{ metadata: { uid: metadata.uid }, spec: { expirationSeconds: 3600 } }]);
    expect(await ok('GET', `${one}/approval`)).toMatchObject({ kind: 'CertificateSigningRequest', metadata });
    const condition = (type: string) => ({ type, status: 'True', reason: 'e2e' });
    const patch = {
      metadata: { annotations: { patched: 'yes' } },
      status: { conditions: [condition('ApprovalPatch')] },
    };
    const patched = await ok('PATCH', `${one}/approval`, patch, merge);
    expect(patched).toMatchObject({ metadata: { annotations: { patched: 'yes' } }, status: patch.status });
    patched.status.conditions.push(condition('Approved'));
    const approved = await ok('PUT', `${one}/approval`, patched);
    const types = (request: Reply['body']) => request.status.conditions.map(({ type }: { type: string }) => type);
    expect(types(approved)).toEqual(['ApprovalPatch', 'Approved']);
    const certificate = pem('CERTIFICATE');
    const signed = await ok('PATCH', `${one}/status`, { status: { certificate } }, merge);
    expect([signed.status.certificate, types(signed)]).toEqual([certificate, types(approved)]);
    signed.status.conditions.push(condition('StatusUpdate'));
    const updated = await ok('PUT', `${one}/status`, signed);
    expect([updated.status.certificate, types(updated).at(-1)]).toEqual([certificate, 'StatusUpdate']);
  });
});

describe('a validating policy for Deployments', () => {
  const policies = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
  const policy = (name: string, validation: object) => ({
    metadata: { name },
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: { policed: 'true' } },
        resourceRules: [
          { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] },
        ],
      },
      validations: [validation],
    },
  });
  const confused = "'wants replicas > 1, got ' + object.spec.replicas";
  const workload = (name: string, replicas: number) => ({
    metadata: { name },
    spec: {
      ...{ replicas, selector: { matchLabels: { app: 'nginx' } } },
      template: { metadata: { labels: { app: 'nginx' } }, spec: podSpec() },
    },
  });

  it('denies as invalid what it is about, though its message cannot be made, and nothing else', async () => {
    await namespace('policed', { policed: 'true' });
    await ok(
      'POST',
      policies,
      policy('replicated', { expression: 'object.spec.replicas > 1', messageExpression: confused }),
    );
    const matchResources = { namespaceSelector: { matchLabels: { policed: 'true' } } };
    const spec = { policyName: 'replicated', matchResources, validationActions: ['Deny'] };
    await ok('POST', policies.replace('policies', 'policybindings'), { metadata: { name: 'replicated' }, spec });
    const apps = '/apis/apps/v1/namespaces/policed';
    await eventually(async () => {
      const { code, body } = await send('POST', `${apps}/deployments?dryRun=All`, workload('marker', 1));
      expect([code, body.reason]).toEqual([422, 'Invalid']);
    });
    await ok('POST', `${apps}/deployments`, workload('replicated', 2));
    await ok('POST', `${apps}/replicasets`, workload('single', 1));
  });

  it('is told of its own confusions of types, one for each expression', async () => {
    const checked = async (name: string, validation: object) => {
      await ok('POST', policies, policy(name, validation));
      return eventually(async () => {
        const { status } = await ok('GET', `${policies}/${name}`);
        expect(status?.typeChecking).toBeDefined();
        return status.typeChecking.expressionWarnings ?? [];
      });
    };
    expect(await checked('correct', { expression: 'object.spec.replicas > 1' })).toEqual([]);
    const warnings = await checked('confused', {
      expression: "object.spec.replicas > '1'",
      messageExpression: confused,
    });
    expect(warnings).toEqual([
      {
        fieldRef: 'spec.validations[0].expression',
        warning: expect.stringContaining("found no matching overload for '_>_' applied to '(int, string)'"),
      },
      {
        fieldRef: 'spec.validations[0].messageExpression',
        warning: expect.stringContaining("found no matching overload for '_+_' applied to '(string, int)'"),
      },
    ]);
  });
});

describe('a Table', () => {
  const table = async (path: string) => {
    const accept = 'application/json;as=Table;v=v1beta1;g=meta.k8s.io';
    const { code, body } = await send('GET', path, undefined, undefined, { accept });
    expect([code, body.kind, body.apiVersion]).toEqual([200, 'Table', 'meta.k8s.io/v1beta1']);
    expect(body.columnDefinitions[0].name).toBe('Name');
    for (const { cells } of body.rows) expect(cells).toHaveLength(body.columnDefinitions.length);
    return body;
  };
  const first = ({ rows }: Reply['body']) => rows.map(({ cells }: { cells: unknown[] }) => cells[0]);

  it('of a list comes in pages, each of which goes on where the one before ended', async () => {
    const templates = `${await namespace('tables')}/podtemplates`;
    const numbers = Array.from({ length: 20 }, (_, i) => i);
    const nameOf = (at: number) => `template-${String(at).padStart(4, '0')}`;
    await Promise.all(
      numbers.map((at) => ok('POST', templates, { metadata: { name: nameOf(at) }, template: { spec: podSpec() } })),
    );
    const page = await table(`${templates}?limit=2`);
    expect(first(page)).toEqual([nameOf(0), nameOf(1)]);
    expect(Number(page.metadata.resourceVersion)).toBeGreaterThan(0);
    const rest = await table(`${templates}?continue=${encodeURIComponent(page.metadata.continue)}`);
    expect(first(rest)).toEqual(numbers.slice(2).map(nameOf));
    expect(rest.metadata).toEqual({ resourceVersion: page.metadata.resourceVersion });
  });

  it('of one pod has one row, of nodes one each', async () => {
    await ok('POST', '/api/v1/nodes', { metadata: { name: 'shown' } });
    expect(first(await table('/api/v1/nodes'))).toEqual(['shown']);
    const ns = await namespace('table-pods');
    await ok('POST', `${ns}/pods`, { metadata: { name: 'pod-1' }, spec: podSpec() });
    const { columnDefinitions, ...one } = await table(`${ns}/pods/pod-1`);
    expect(columnDefinitions.length).toBeGreaterThan(2);
    expect(first(one)).toEqual(['pod-1']);
  });
});

describe('a definition with rules', () => {
  const define = (plural: string, rule: string) =>
    send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: `${plural}.rules.example.com` },
      spec: {
        ...{ group: 'rules.example.com', scope: 'Namespaced', names: { plural, kind: plural } },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema(rule) } }],
      },
    });
  const integer = { type: 'integer' };
  const schema = (rule: string) => ({
    type: 'object',
    properties: {
      spec: { type: 'object', 'x-kubernetes-validations': [{ rule }], properties: { x: integer, y: integer } },
    },
  });

  it('takes objects that obey them, and says of others which rule they fail', async () => {
    expect((await define('sums', 'self.x + self.y > 0')).code).toBe(201);
    const sums = '/apis/rules.example.com/v1/namespaces/default/sums';
    const sum = (name: string, x: number) => ({
      ...{ apiVersion: 'rules.example.com/v1', kind: 'sums', metadata: { name } },
      spec: { x, y: 0 },
    });
    await eventually(async () => expect((await send('GET', sums)).code).toBe(200));
    await ok('POST', sums, sum('obeys', 1));
    const { code, body } = await send('POST', sums, sum('fails', 0));
    expect([code, body.message]).toEqual([422, expect.stringContaining('failed rule: self.x + self.y > 0')]);
  });

  it('is refused when a rule is about a field that there is not', async () => {
    const { code, body } = await define('unknowns', 'self.z == 100');
    expect([code, body.message]).toEqual([422, expect.stringContaining("undefined field 'z'")]);
  });
});

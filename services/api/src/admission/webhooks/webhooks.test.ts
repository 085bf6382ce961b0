import type { KubeObject } from '@kubus/shared/object';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  admin,
  type Client,
  configMap,
  core,
  podBody,
  startCluster,
  type TestCluster,
  user,
} from '../../pipeline/testing/cluster.ts';
import { install, uninstall } from '../testing/configurations.ts';
import { patchAnswer, type ReviewRequest, WebhookServer } from '../testing/webhook-server.ts';

const maps = { ...core, resource: 'configmaps', namespace: 'default' } as const;
const pods = { ...core, resource: 'pods', namespace: 'default' } as const;

let cluster: TestCluster;
let client: Client;
let server: WebhookServer;

beforeAll(async () => {
  [cluster, server] = await Promise.all([startCluster({ takesPods: true }), WebhookServer.start('hook.default.svc')]);
  client = cluster.as(admin);
}, 60_000);
afterEach(async () => {
  await uninstall(cluster, 'mutatingwebhookconfigurations');
  await uninstall(cluster, 'validatingwebhookconfigurations');
  server.asked.length = 0;
  server.answers.clear();
});
afterAll(async () => {
  await cluster.stop();
  await server.stop();
});

const every = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }];
const rule = (resources: string[], operations = ['CREATE', 'UPDATE']) => [
  { operations, apiGroups: [''], apiVersions: ['v1'], resources },
];

function webhook(path: string, more: object = {}): object {
  return {
    name: `${path.slice(1)}.example.com`,
    clientConfig: server.at(path),
    rules: rule(['configmaps']),
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    timeoutSeconds: 5,
    ...more,
  };
}

const mutating = (name: string, ...webhooks: object[]) =>
  install(cluster, 'mutatingwebhookconfigurations', name, { webhooks });
const validating = (name: string, ...webhooks: object[]) =>
  install(cluster, 'validatingwebhookconfigurations', name, { webhooks });

interface Data extends KubeObject {
  data?: Record<string, string>;
}

describe('a validating webhook', () => {
  it('denies in its own words, with its own code', async () => {
    server.answers.set('/deny', () => ({
      allowed: false,
      status: { message: 'not today', code: 418, reason: 'Teapot' },
    }));
    await validating('deny', webhook('/deny'));
    expect(await client.refused({ ...maps, verb: 'create', body: configMap('a') })).toMatchObject({
      status: 'Failure',
      code: 418,
      reason: 'Teapot',
      message: 'admission webhook "deny.example.com" denied the request: not today',
    });
    server.answers.set('/deny', () => ({ allowed: false }));
    const bare = await client.refused({ ...maps, verb: 'create', body: configMap('a') });
    expect(bare).toMatchObject({
      code: 400,
      message: 'admission webhook "deny.example.com" denied the request without explanation',
    });
    expect(await client.refused({ ...maps, verb: 'get', name: 'a' })).toMatchObject({ code: 404 });
  });

  it('is shown who asks for what, with the object before and after', async () => {
    await client.ok({ ...maps, verb: 'create', body: configMap('shown', { a: '1' }) });
    await validating('see', webhook('/see'));
    const query = { fieldManager: 'tester', dryRun: 'All' };
    const someone = user('jane', 'system:masters');
    await cluster
      .as(someone)
      .ok({ ...maps, verb: 'update', name: 'shown', body: configMap('shown', { a: '2' }), query });
    expect(server.askedAt('/see')).toEqual([
      expect.objectContaining({
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        kind: { group: '', version: 'v1', kind: 'ConfigMap' },
        resource: { group: '', version: 'v1', resource: 'configmaps' },
        requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
        requestResource: { group: '', version: 'v1', resource: 'configmaps' },
        name: 'shown',
        namespace: 'default',
        operation: 'UPDATE',
        userInfo: { username: 'jane', groups: ['system:masters', 'system:authenticated'] },
        dryRun: true,
        options: { kind: 'UpdateOptions', apiVersion: 'meta.k8s.io/v1', dryRun: ['All'], fieldManager: 'tester' },
      }),
    ]);
    const [review] = server.askedAt('/see') as [ReviewRequest];
    expect([review.object.data, review.oldObject.data]).toEqual([{ a: '2' }, { a: '1' }]);
    expect([review.object.kind, review.object.apiVersion]).toEqual(['ConfigMap', 'v1']);
  });

  it('is asked once where this replica knew the object as it is', async () => {
    await client.ok({ ...maps, verb: 'create', body: configMap('once', { a: '1' }) });
    await (await cluster.caches.of({ group: '', resource: 'configmaps' })).get('default', 'once', 'latest');
    server.answers.set('/deny', () => ({ allowed: false }));
    await validating('deny', webhook('/deny'));
    await client.refused({ ...maps, verb: 'update', name: 'once', body: configMap('once', { a: '2' }) });
    expect(server.askedAt('/deny')).toHaveLength(1);
  });

  it('is asked about deletions with what is deleted, and about each object of a collection', async () => {
    const labels = { doomed: 'yes' };
    for (const name of ['d1', 'd2', 'd3']) {
      await client.ok({ ...maps, verb: 'create', body: { metadata: { name, labels } } });
    }
    server.answers.set('/keep', ({ oldObject }) => ({ allowed: oldObject.metadata.name !== 'd2' }));
    await validating('keep', webhook('/keep', { rules: rule(['configmaps'], ['DELETE']) }));
    await client.ok({ ...maps, verb: 'delete', name: 'd1', body: { kind: 'DeleteOptions', gracePeriodSeconds: 0 } });
    const [first] = server.askedAt('/keep') as [ReviewRequest];
    expect(first).toMatchObject({ operation: 'DELETE', name: 'd1', object: null });
    expect(first.options).toEqual({ kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', gracePeriodSeconds: 0 });
    const query = { labelSelector: 'doomed=yes' };
    await client.refused({ ...maps, verb: 'deletecollection', query });
    expect(await client.ok({ ...maps, verb: 'get', name: 'd2' })).toBeDefined();
  });

  it('warns the client, also when it denies', async () => {
    server.answers.set('/warn', () => ({ allowed: true, warnings: ['think again'] }));
    await validating('warn', webhook('/warn'));
    const { code, warnings } = await client.send({ ...maps, verb: 'create', body: configMap('warned') });
    expect([code, warnings]).toEqual([201, ['think again']]);
    server.answers.set('/warn', () => ({ allowed: false, warnings: ['told you'] }));
    expect(await client.send({ ...maps, verb: 'create', body: configMap('w2') })).toMatchObject({
      code: 400,
      warnings: ['told you'],
    });
  });

  it('can deny a connection to a pod, and sees the command', async () => {
    await client.ok({ ...pods, verb: 'create', body: podBody('shell') });
    server.answers.set('/noexec', () => ({ allowed: false, status: { message: 'no shells' } }));
    await validating('noexec', webhook('/noexec', { rules: rule(['pods/exec'], ['CONNECT']) }));
    const context = { user: admin, userAgent: 'test', signal: new AbortController().signal };
    const exec = { ...pods, verb: 'get', name: 'shell', subresource: 'exec' } as const;
    const params = new URLSearchParams('command=sh&command=-c&stdin=true');
    await expect(cluster.pipeline.connect(exec, context, params)).rejects.toThrow('denied the request: no shells');
    expect(server.askedAt('/noexec')[0]).toMatchObject({
      operation: 'CONNECT',
      subResource: 'exec',
      kind: { group: '', version: 'v1', kind: 'PodExecOptions' },
      object: { kind: 'PodExecOptions', command: ['sh', '-c'], stdin: true },
      oldObject: null,
      options: null,
    });
    await expect(cluster.pipeline.connect({ ...exec, subresource: 'log' }, context)).resolves.toBeDefined();
  });
});

describe('a webhook that cannot be asked', () => {
  const slow = (policy: string) => webhook('/slow', { failurePolicy: policy, timeoutSeconds: 1 });

  it('refuses the request unless its failures are to be ignored', async () => {
    server.answers.set('/slow', () => 'hang');
    await validating('slow', slow('Fail'));
    expect((await client.refused({ ...maps, verb: 'create', body: configMap('t') })).message).toBe(
      `Internal error occurred: failed calling webhook "slow.example.com": failed to call webhook: Post "${server.url}/slow?timeout=1s": context deadline exceeded`,
    );
    await uninstall(cluster, 'validatingwebhookconfigurations');
    await validating('slow', slow('Ignore'));
    await client.ok({ ...maps, verb: 'create', body: configMap('t') });
  });

  it.each([
    ['an error', { http: 500 }, 'the server responded with the status code 500'],
    ['no such path', { http: 404 }, 'the server could not find the requested resource'],
    ['another uid', { uid: 'x', allowed: true }, 'received invalid webhook response: expected response.uid='],
    ['a patch', patchAnswer({ op: 'remove', path: '/data' }), 'must not be set by a validating webhook'],
  ])('answers with %s', async (_, answer, message) => {
    server.answers.set('/odd', () => answer);
    await validating('odd', webhook('/odd', { failurePolicy: 'Fail' }));
    const status = await client.refused({ ...maps, verb: 'create', body: configMap('odd') });
    expect([status.code, status.reason]).toEqual([500, 'InternalError']);
    expect(status.message).toContain(message);
  });

  it('is not followed to where it redirects', async () => {
    server.answers.set('/away', () => ({ http: 302, headers: { location: `${server.url}/elsewhere` } }));
    await validating('away', webhook('/away'));
    const { message } = await client.refused({ ...maps, verb: 'create', body: configMap('r') });
    expect(message).toContain('the server responded with the status code 302');
    expect(server.askedAt('/elsewhere')).toEqual([]);
  });

  it('has to show a certificate of the authority that was named', async () => {
    const other = await WebhookServer.start();
    await validating('imposter', webhook('/x', { clientConfig: { url: `${other.url}/x`, caBundle: server.caBundle } }));
    const { message } = await client.refused({ ...maps, verb: 'create', body: configMap('c') });
    expect(message).toContain('failed calling webhook "x.example.com"');
    expect(other.asked).toEqual([]);
    await other.stop();
  });

  it('does not let a dry run through to one with side effects', async () => {
    await validating('effects', webhook('/effects', { sideEffects: 'Some' }));
    const request = { ...maps, verb: 'create', body: configMap('dry'), query: { dryRun: 'All' } } as const;
    expect(await client.refused(request)).toMatchObject({
      code: 400,
      message: 'admission webhook "effects.example.com" does not support dry run',
    });
    expect(server.asked).toEqual([]);
  });
});

describe('mutating webhooks', () => {
  const add = (key: string) => patchAnswer({ op: 'add', path: `/data/${key}`, value: 'yes' });

  it('change the object one after the other, in the order of their configurations', async () => {
    server.answers.set('/one', () => add('one'));
    server.answers.set('/two', ({ object }) => (object.data.one === 'yes' ? add('two') : { allowed: true }));
    await mutating('b-second', webhook('/two'));
    await mutating('a-first', webhook('/one'));
    const made = await client.ok<Data>({ ...maps, verb: 'create', body: configMap('ordered', { start: 'x' }) });
    expect(made.data).toEqual({ start: 'x', one: 'yes', two: 'yes' });
    const updated = await client.ok<Data>({
      ...maps,
      verb: 'update',
      name: 'ordered',
      body: configMap('ordered', { only: 'x' }),
    });
    expect(updated.data).toEqual({ only: 'x', one: 'yes', two: 'yes' });
  });

  it('are asked again, once, when a later one changed the object and they want it', async () => {
    server.answers.set('/again', ({ object }) => (object.data.late === 'yes' ? add('saw') : { allowed: true }));
    server.answers.set('/never', () => ({ allowed: true }));
    server.answers.set('/late', ({ object }) => (object.data.late === 'yes' ? { allowed: true } : add('late')));
    await mutating('a', webhook('/again', { reinvocationPolicy: 'IfNeeded' }), webhook('/never'));
    await mutating('b', webhook('/late'));
    const made = await client.ok<Data>({ ...maps, verb: 'create', body: configMap('again', { start: 'x' }) });
    expect(made.data).toEqual({ start: 'x', late: 'yes', saw: 'yes' });
    expect(['/again', '/never', '/late'].map((path) => server.askedAt(path).length)).toEqual([2, 1, 1]);
  });

  it('have what they make decoded, defaulted, validated and defaulted again by the server', async () => {
    server.answers.set('/pod', () =>
      patchAnswer(
        { op: 'add', path: '/spec/containers/-', value: { name: 'side', image: 'busybox:1.36', colour: 'red' } },
        { op: 'add', path: '/spec/tolerations', value: [] },
      ),
    );
    await mutating('pod', webhook('/pod', { rules: rule(['pods'], ['CREATE']) }));
    const pod = await client.ok<KubeObject & { spec: { containers: object[]; tolerations: object[] } }>({
      ...pods,
      verb: 'create',
      body: podBody('sided'),
    });
    expect(pod.spec.containers[1]).toEqual({
      name: 'side',
      image: 'busybox:1.36',
      imagePullPolicy: 'IfNotPresent',
      resources: {},
      terminationMessagePath: '/dev/termination-log',
      terminationMessagePolicy: 'File',
      volumeMounts: [expect.objectContaining({ readOnly: true })],
    });
    // The server's own plugins had their second turn.
    expect(pod.spec.tolerations).toHaveLength(2);
    server.answers.set('/pod', () => patchAnswer({ op: 'replace', path: '/spec/restartPolicy', value: 'Often' }));
    expect(await client.refused({ ...pods, verb: 'create', body: podBody('bad') })).toMatchObject({ code: 422 });
    server.answers.set('/pod', () => patchAnswer({ op: 'replace', path: '/spec/containers', value: 7 }));
    expect(await client.refused({ ...pods, verb: 'create', body: podBody('bad') })).toMatchObject({ code: 500 });
  });

  it('cannot change what is deleted', async () => {
    await client.ok({ ...maps, verb: 'create', body: configMap('gone', { a: '1' }) });
    server.answers.set('/gone', () => add('x'));
    await mutating('gone', webhook('/gone', { rules: rule(['configmaps'], ['DELETE']) }));
    const { message } = await client.refused({ ...maps, verb: 'delete', name: 'gone' });
    expect(message).toContain('attempted to modify the object, which is not supported for this operation');
  });

  it('are shown a scale as a Scale, and change its replicas', async () => {
    const body = {
      metadata: { name: 'web' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { a: 'b' } },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
      },
    };
    const deployments = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'default' } as const;
    await client.ok({ ...deployments, verb: 'create', body });
    server.answers.set('/scale', () => patchAnswer({ op: 'replace', path: '/spec/replicas', value: 3 }));
    const rules = [
      { operations: ['UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments/scale'] },
    ];
    await mutating('scale', webhook('/scale', { rules }));
    const patch = { spec: { replicas: 9 } };
    const scaled = await client.ok<KubeObject & { spec: { replicas: number } }>({
      ...deployments,
      verb: 'patch',
      name: 'web',
      subresource: 'scale',
      contentType: 'application/merge-patch+json',
      body: patch,
    });
    expect(scaled.spec.replicas).toBe(3);
    expect(server.askedAt('/scale')[0]).toMatchObject({
      kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      object: { kind: 'Scale', spec: { replicas: 9 } },
      oldObject: { kind: 'Scale', spec: { replicas: 1 } },
    });
  });
});

describe('which webhooks are asked', () => {
  it('follows from the labels of the namespace and of the object', async () => {
    const namespaces = { ...core, resource: 'namespaces' } as const;
    await client.ok({ ...namespaces, verb: 'create', body: { metadata: { name: 'exempt', labels: { skip: 'yes' } } } });
    server.answers.set('/deny', () => ({ allowed: false }));
    const namespaceSelector = { matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }] };
    await validating(
      'deny',
      webhook('/deny', { namespaceSelector, objectSelector: { matchLabels: { watched: 'yes' } } }),
    );
    const labelled = (name: string) => ({ metadata: { name, labels: { watched: 'yes' } } });
    await client.ok({ ...maps, namespace: 'exempt', verb: 'create', body: labelled('free') });
    await client.ok({ ...maps, verb: 'create', body: { metadata: { name: 'free' } } });
    await client.refused({ ...maps, verb: 'create', body: labelled('held') });
    // An object cannot slip away by taking off the label.
    await client.refused({ ...maps, verb: 'update', name: 'free', body: labelled('free') });
  });

  it('follows from every version in which the same objects are served', async () => {
    const body = {
      metadata: { name: 'eq' },
      regarding: { kind: 'Pod', namespace: 'default', name: 'x' },
      action: 'a',
      reason: 'r',
      type: 'Normal',
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'test/er',
      reportingInstance: 'i',
    };
    const events = { group: 'events.k8s.io', version: 'v1', resource: 'events', namespace: 'default' } as const;
    server.answers.set('/equivalent', () => ({ allowed: false }));
    await validating('equivalent', webhook('/equivalent', { rules: rule(['events']) }));
    await client.refused({ ...events, verb: 'create', body });
    expect(server.askedAt('/equivalent')[0]).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'Event' },
      requestKind: { group: 'events.k8s.io', version: 'v1', kind: 'Event' },
      object: { apiVersion: 'v1', involvedObject: { kind: 'Pod' } },
    });
    await uninstall(cluster, 'validatingwebhookconfigurations');
    await validating('exact', webhook('/equivalent', { rules: rule(['events']), matchPolicy: 'Exact' }));
    await client.ok({ ...events, verb: 'create', body });
  });

  it('follows from conditions, of which one that does not hold decides', async () => {
    server.answers.set('/conditions', () => ({ allowed: false }));
    const matchConditions = [
      { name: 'not-mine', expression: "request.userInfo.username != 'friend'" },
      { name: 'may', expression: "authorizer.group('').resource('pods').check('list').allowed()" },
      { name: 'broken', expression: "object.data.nothing == 'x'" },
    ];
    await validating('conditions', webhook('/conditions', { matchConditions, failurePolicy: 'Fail' }));
    await cluster
      .as(user('friend', 'system:masters'))
      .ok({ ...maps, verb: 'create', body: configMap('friendly', { a: 'b' }) });
    const status = await client.refused({ ...maps, verb: 'create', body: configMap('hostile', { a: 'b' }) });
    expect([status.code, status.message]).toEqual([403, expect.stringContaining('no such key: nothing')]);
    expect(server.asked).toEqual([]);
    await uninstall(cluster, 'validatingwebhookconfigurations');
    await validating('lax', webhook('/conditions', { matchConditions, failurePolicy: 'Ignore' }));
    await client.ok({ ...maps, verb: 'create', body: configMap('hostile', { a: 'b' }) });
  });

  it('never holds for webhooks themselves, so that one that denies everything can be put away', async () => {
    server.answers.set('/all', () => ({ allowed: false }));
    await validating('all', webhook('/all', { rules: every }));
    const target = {
      group: 'admissionregistration.k8s.io',
      version: 'v1',
      resource: 'validatingwebhookconfigurations',
    } as const;
    await client.refused({ ...maps, verb: 'create', body: configMap('never') });
    const { code } = await client.send({ ...target, verb: 'delete', name: 'all' });
    expect([200, 404]).toContain(code);
    expect(server.asked.filter(({ review }) => review.resource.group === target.group)).toEqual([]);
  });

  it('does not speak to this machine itself because somebody wrote its address into endpoints', async () => {
    const key = (resource: string) => ({
      group: resource === 'services' ? '' : 'discovery.k8s.io',
      resource,
      namespace: 'default',
      name: 'hook',
    });
    const ports = [{ name: 'https', port: 443, targetPort: 8443 }];
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'hook', namespace: 'default' },
      spec: { ports },
    };
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'hook', namespace: 'default', labels: { 'kubernetes.io/service-name': 'hook' } },
      ports: [{ name: 'https', port: server.port }],
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
    };
    await cluster.store.commit([
      { type: 'create', key: key('services'), object: service as unknown as KubeObject },
      { type: 'create', key: key('endpointslices'), object: slice as unknown as KubeObject },
    ]);
    const clientConfig = { service: { namespace: 'default', name: 'hook', path: '/svc' }, caBundle: server.caBundle };
    await validating('service', webhook('/svc', { clientConfig }));
    // The loopback is this server's own: nobody who may write endpoints makes it speak to itself.
    const { message } = await client.refused({ ...maps, verb: 'create', body: configMap('svc') });
    expect(message).toContain('no endpoint of service "hook" may be reached');
    expect(server.asked).toEqual([]);
  });
});

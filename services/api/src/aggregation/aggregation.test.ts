import { setTimeout as after } from 'node:timers/promises';
import type { KubeObject } from '@kubus/shared/object';
import type { ApiService } from '@kubus/shared/registry';
import { eventually } from '@kubus/testkit';
import { pino } from 'pino';
import { Registry as Metrics } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PipelineHandler } from '../busfront/index.ts';
import { HttpFront } from '../http/index.ts';
import { createCertificates, type TestCertificates } from '../http/testing/certificates.ts';
import { ask, ask2, openWatch } from '../http/testing/client.ts';
import type { TestFront } from '../http/testing/start-front.ts';
import type { Pipeline } from '../pipeline/index.ts';
import { admin, type Client, startCluster, type TestCluster } from '../pipeline/testing/cluster.ts';
import { Aggregation, ForeignRequests } from './index.ts';
import { flunderList, type Seen, Wardle } from './testing/wardle.ts';

const apiServices = { group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices' } as const;
const wardleService = 'v1alpha1.wardle.example.com';

let cluster: TestCluster;
let client: Client;
let certificates: TestCertificates;
let wardle: Wardle;
let aggregation: Aggregation;
let front: HttpFront;
let at: TestFront;
let adminCertificate: { key: string; cert: string };
let seen: Seen[];
/** Done before the aggregation writes a status. */
let meanwhile: (name: string) => Promise<unknown> = async () => undefined;
/** Where the server is found. */
let resolve = async () => wardle.address;

beforeAll(async () => {
  certificates = await createCertificates(['api.wardle.svc']);
  cluster = await startCluster();
  client = cluster.as(admin);
  wardle = await Wardle.start(certificates);
  seen = wardle.seen;
  const body = { metadata: { name: wardleService }, spec: await wardle.install(cluster) };
  await client.ok({ ...apiServices, verb: 'create', body });
  const proxyClient = await certificates.client('front-proxy-client', []);
  aggregation = new Aggregation({
    caches: cluster.caches,
    pipeline: {
      registry: cluster.pipeline.registry,
      handle: async (request, context) => {
        if (request.subresource === 'status') await meanwhile(request.name ?? '');
        return cluster.pipeline.handle(request, context);
      },
    } as Pipeline,
    reader: {
      get: (key) => cluster.store.get(key),
      list: async (resource, namespace) =>
        (await (await cluster.caches.of(resource)).list({ namespace, freshness: 'latest' })).items,
    },
    client: proxyClient,
    onError: (error) => {
      throw error;
    },
    // What is not heard of is not found later.
    resyncMs: 3_600_000,
    // The loopback is out of reach for services of a cluster; the server of this test is there.
    resolve: () => resolve(),
  });
  await aggregation.start();
  front = new HttpFront({
    host: '127.0.0.1',
    port: 0,
    advertise: '127.0.0.1:6443',
    tls: { ...certificates.server, clientCa: certificates.ca },
    pipeline: cluster.pipeline,
    protobuf: () => undefined,
    connections: { serve: async () => undefined },
    checks: [],
    metrics: new Metrics(),
    log: pino({ level: 'silent' }),
    aggregation,
  });
  const { port } = await front.start();
  at = { url: `https://127.0.0.1:${port}`, port, certificates, front } as unknown as TestFront;
  adminCertificate = await certificates.client('kubernetes-admin', ['system:masters']);
}, 60_000);
afterAll(async () => {
  await front.stop(100);
  aggregation.stop();
  wardle.stop();
  await cluster.stop();
});

const available = async (): Promise<void> => {
  const { status } = await client.ok<ApiService>({ ...apiServices, verb: 'get', name: wardleService });
  expect(status?.conditions?.[0]).toMatchObject({
    type: 'Available',
    status: 'True',
    reason: 'Passed',
    message: 'all checks passed',
  });
};

const flunders = '/apis/wardle.example.com/v1alpha1/namespaces/default/flunders';
const tls = () => ({ tls: adminCertificate });

describe('APIServices', () => {
  it('exist for every group version that is served here, as local ones', async () => {
    const { items } = await client.ok<KubeObject & { items: ApiService[] }>({ ...apiServices, verb: 'list' });
    const pods = items.find(({ metadata }) => metadata.name === 'v1.');
    expect(pods).toMatchObject({
      spec: { version: 'v1', groupPriorityMinimum: 18_000, versionPriority: 1 },
      metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
    });
    expect(pods?.status?.conditions?.[0]).toMatchObject({ type: 'Available', status: 'True', reason: 'Local' });
    expect(items.map(({ metadata }) => metadata.name)).toContain('v1.rbac.authorization.k8s.io');
  });

  it('say whether their servers can be reached, and why not', async () => {
    await eventually(available);
    const spec = {
      group: 'gone.example.com',
      version: 'v1',
      service: { namespace: 'wardle', name: 'nowhere' },
      groupPriorityMinimum: 100,
      versionPriority: 100,
    };
    await client.ok({ ...apiServices, verb: 'create', body: { metadata: { name: 'v1.gone.example.com' }, spec } });
    await eventually(async () => {
      const { status } = await client.ok<ApiService>({ ...apiServices, verb: 'get', name: 'v1.gone.example.com' });
      expect(status?.conditions?.[0]).toMatchObject({
        status: 'False',
        reason: 'ServiceNotFound',
        message: 'service/nowhere in "wardle" is not present',
      });
    });
    const { code, json } = await ask(at, '/apis/gone.example.com/v1/things', tls());
    expect([code, json.message]).toEqual([503, 'service unavailable']);
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const { items } = (await ask(at, '/apis', { ...tls(), headers: { accept } })).json;
    const gone = items.find(({ metadata }: KubeObject) => metadata.name === 'gone.example.com');
    expect(gone.versions).toEqual([{ version: 'v1', freshness: 'Stale' }]);
    await client.ok({ ...apiServices, verb: 'delete', name: 'v1.gone.example.com' });
    await eventually(async () => expect((await ask(at, '/apis/gone.example.com/v1/things', tls())).code).toBe(404));
  });

  it('keep conditions that somebody else writes at that moment', async () => {
    const name = 'v1.busy.example.com';
    const other = { type: 'Other', status: 'True', reason: 'Test', message: 'of somebody else' };
    const status = { ...apiServices, name, subresource: 'status', verb: 'patch' } as const;
    const written: string[] = [];
    meanwhile = async (at) => {
      if (at !== name || written.push(at) > 1) return;
      const body = { status: { conditions: [other] } };
      await client.ok({ ...status, contentType: 'application/merge-patch+json', body });
    };
    const service = { namespace: 'wardle', name: 'nowhere' };
    const spec = { group: 'busy.example.com', version: 'v1', groupPriorityMinimum: 100, versionPriority: 100 };
    await client.ok({ ...apiServices, verb: 'create', body: { metadata: { name }, spec: { ...spec, service } } });
    await eventually(async () => {
      const { status } = await client.ok<ApiService>({ ...apiServices, verb: 'get', name });
      expect(status?.conditions).toMatchObject([other, { type: 'Available', status: 'False' }]);
    });
    expect(written.length).toBeGreaterThan(1);
    await client.ok({ ...apiServices, verb: 'delete', name });
  });

  it('are looked at when they come while others are, however long that takes', async () => {
    const name = 'v1.late.example.com';
    const service = { namespace: 'wardle', name: 'nowhere' };
    const spec = { group: 'late.example.com', version: 'v1', groupPriorityMinimum: 100, versionPriority: 100, service };
    resolve = async () => {
      resolve = async () => wardle.address;
      await client.ok({ ...apiServices, verb: 'create', body: { metadata: { name }, spec } });
      await eventually(() => expect(aggregation.serves('late.example.com', 'v1')).toBe(true));
      // Longer than the aggregation waits for more to change.
      await after(60);
      return wardle.address;
    };
    await aggregation.sync();
    await eventually(async () => {
      const { status } = await client.ok<ApiService>({ ...apiServices, verb: 'get', name });
      expect(status?.conditions).toMatchObject([{ type: 'Available', reason: 'ServiceNotFound' }]);
    });
    await client.ok({ ...apiServices, verb: 'delete', name });
  });

  it('without a service are available from the start, whoever makes them', async () => {
    const spec = { group: 'own.example.com', version: 'v1', groupPriorityMinimum: 100, versionPriority: 100 };
    const body = { metadata: { name: 'v1.own.example.com' }, spec };
    const { status } = await client.ok<ApiService>({ ...apiServices, verb: 'create', body });
    expect(status?.conditions).toMatchObject([{ type: 'Available', status: 'True', reason: 'Local' }]);
    await client.ok({ ...apiServices, verb: 'delete', name: body.metadata.name });
  });

  it('are refused when they make no sense', async () => {
    const status = await client.refused({
      ...apiServices,
      verb: 'create',
      body: { metadata: { name: 'wrong' }, spec: { version: 'V1', insecureSkipTLSVerify: true } },
    });
    expect(status.details?.causes?.map(({ field }) => field)).toEqual(
      expect.arrayContaining([
        'metadata.name',
        'spec.version',
        'spec.groupPriorityMinimum',
        'spec.versionPriority',
        'spec.insecureSkipTLSVerify',
      ]),
    );
  });
});

describe('requests for another server', () => {
  it('reach it with the identity that was established here, and nothing that the client says of identities', async () => {
    await eventually(available);
    seen.length = 0;
    wardle.answer = () => ({ code: 201, headers: { 'x-answer': 'yes' }, body: '{"made":true}' });
    const headers = {
      'x-remote-user': 'somebody-else',
      'X-Remote-Group': 'system:masters',
      X_Remote_Extra_Scopes: 'all',
      authorization: 'Bearer stolen',
      'x-kept': 'yes',
      'content-type': 'application/json',
    };
    for (const send of [ask, ask2]) {
      const reply = await send(at, `${flunders}?fieldManager=x`, {
        ...tls(),
        method: 'POST',
        headers,
        body: '{"a":1}',
      });
      expect([reply.code, reply.headers['x-answer'], reply.json]).toEqual([201, 'yes', { made: true }]);
    }
    for (const one of seen) {
      expect(one).toMatchObject({
        method: 'POST',
        url: `${flunders}?fieldManager=x`,
        body: '{"a":1}',
        certificate: 'front-proxy-client',
      });
      expect(one.headers).toMatchObject({
        'x-remote-user': 'kubernetes-admin',
        'x-kept': 'yes',
        host: 'api.wardle.svc',
      });
      expect(String(one.headers['x-remote-group'])).toMatch(/^system:masters, ?system:authenticated$/);
      expect(one.headers).not.toHaveProperty('authorization');
      expect(one.headers).not.toHaveProperty('x_remote_extra_scopes');
    }
    expect(seen).toHaveLength(2);
  });

  it('reach it however deep they go behind a subresource, whose right they take', async () => {
    wardle.answer = () => ({ code: 200, body: '{"deep":true}' });
    seen.length = 0;
    const path = `${flunders}/one/forward/8080/tcp?x=%2F`;
    expect((await ask(at, path, tls())).json).toEqual({ deep: true });
    expect(seen[0]).toMatchObject({ method: 'GET', url: path });
    const nobody = await certificates.client('nobody', []);
    const refused = await ask(at, path, { tls: nobody });
    expect([refused.code, refused.json.message]).toEqual([403, expect.stringContaining('"flunders/forward"')]);
    expect((await ask(at, '/api/v1/namespaces/default/pods/one/log/more', tls())).code).toBe(404);
  });

  it('do not reach it from who may not make them', async () => {
    seen.length = 0;
    const nobody = await certificates.client('nobody', []);
    expect(await ask(at, flunders, { tls: nobody })).toMatchObject({ code: 403 });
    expect(seen).toEqual([]);
  });

  it('make no identity of headers where no proxy is', async () => {
    const nobody = await certificates.client('nobody', []);
    const headers = { 'x-remote-user': 'kubernetes-admin', 'x-remote-group': 'system:masters' };
    expect((await ask(at, '/api/v1/secrets', { tls: nobody, headers })).code).toBe(403);
    expect((await ask(at, '/api/v1/secrets', { anonymous: true, headers })).code).toBe(401);
  });

  it('are not redirected', async () => {
    wardle.answer = () => ({ code: 302, headers: { location: 'https://169.254.169.254/' }, body: '' });
    const reply = await ask(at, flunders, tls());
    expect([reply.code, reply.headers.location]).toEqual([503, undefined]);
    expect(reply.json.message).toContain('attempted to redirect');
  });

  it('stream', async () => {
    const watch = await openWatchAs(`${flunders}?watch=true`);
    await eventually(() =>
      expect(watch.events.map(({ object }) => (object.metadata as { name: string }).name)).toEqual(['first', 'second']),
    );
    watch.close();
  });

  it('are upgraded when the server agrees, and only then', async () => {
    expect(await upgrade(`${flunders}/x/echo`, 'hello')).toContain('101 Switching Protocols');
    const refused = await upgrade(`${flunders}/no/echo`, 'GET /api/v1/secrets HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(refused).toContain('403');
    expect(refused.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

describe('discovery', () => {
  it('tells of what others serve beside what is served here', async () => {
    await eventually(async () => {
      const groups = (await ask(at, '/apis', tls())).json.groups as { name: string; versions: object[] }[];
      expect(groups.find(({ name }) => name === 'wardle.example.com')?.versions).toEqual([
        { groupVersion: 'wardle.example.com/v1alpha1', version: 'v1alpha1' },
      ]);
    });
    expect((await ask(at, '/apis/wardle.example.com', tls())).json.preferredVersion.version).toBe('v1alpha1');
    expect((await ask(at, '/apis/wardle.example.com/v1alpha1', tls())).json).toEqual(flunderList);
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    await eventually(async () => {
      const { items } = (await ask(at, '/apis', { ...tls(), headers: { accept } })).json;
      const item = items.find(({ metadata }: KubeObject) => metadata.name === 'wardle.example.com');
      expect(item.versions).toEqual([
        {
          version: 'v1alpha1',
          freshness: 'Current',
          resources: [
            {
              resource: 'flunders',
              responseKind: { group: 'wardle.example.com', version: 'v1alpha1', kind: 'Flunder' },
              scope: 'Namespaced',
              singularResource: 'flunder',
              verbs: ['get', 'list'],
              shortNames: ['fl'],
              subresources: [
                {
                  subresource: 'status',
                  responseKind: { group: 'wardle.example.com', version: 'v1alpha1', kind: 'Flunder' },
                  verbs: ['get'],
                },
              ],
            },
          ],
        },
      ]);
    });
  });
});

it('the OpenAPI document of version 2 is had of a server, and not of one that there is none', async () => {
  const document = { swagger: '2.0', paths: { '/openapi/v2': {} } };
  await eventually(async () => expect(await aggregation.openApiV2('wardle.example.com', 'v1alpha1')).toEqual(document));
  await expect(aggregation.openApiV2('none.example.com', 'v1')).rejects.toThrow();
});

function openWatchAs(path: string) {
  const original = at.certificates;
  return openWatch({ ...at, certificates: original } as TestFront, path, {}, adminCertificate);
}

/** Everything that comes back for an upgrade with `text` behind it. */
async function upgrade(path: string, text: string): Promise<string> {
  const { connect } = await import('node:tls');
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: at.port, ca: certificates.ca, ...adminCertificate }, () => {
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n`);
    });
    let received = '';
    let sent = false;
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (!sent && received.includes('\r\n\r\n')) {
        sent = true;
        socket.write(text);
      }
      if (received.includes('echo hello')) socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
  });
}

describe('requests on the bus', () => {
  const request = {
    ...{ group: 'wardle.example.com', version: 'v1alpha1', resource: 'flunders', verb: 'get' as const },
    ...{ namespace: 'shop', name: '*', subresource: 'hits', query: { labelSelector: 'app=web' } },
  };

  function handler(): PipelineHandler {
    const made = new PipelineHandler(cluster.pipeline);
    made.serveForeign(new ForeignRequests(aggregation, cluster.pipeline));
    return made;
  }

  it('go to the server in the name of who asks', async () => {
    wardle.answer = () => ({ code: 200, body: '{"items":[{"value":"3"}]}' });
    const identity = { kind: 'service', name: 'controller-manager' } as const;
    const grant = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'read-hits' } };
    const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1', verb: 'create' } as const;
    const rules = [{ apiGroups: ['wardle.example.com'], resources: ['flunders/hits'], verbs: ['get'] }];
    await client.ok({ ...rbac, resource: 'clusterroles', body: { ...grant, kind: 'ClusterRole', rules } });
    const roleRef = { apiGroup: rbac.group, kind: 'ClusterRole', name: 'read-hits' };
    const subjects = [{ apiGroup: rbac.group, kind: 'User', name: 'system:kube-controller-manager' }];
    const binding = { ...grant, kind: 'ClusterRoleBinding', roleRef, subjects };
    await client.ok({ ...rbac, resource: 'clusterrolebindings', body: binding });
    await eventually(async () => {
      expect(await handler().handle(request, identity)).toEqual({ code: 200, body: { items: [{ value: '3' }] } });
    });
    expect(seen.at(-1)).toMatchObject({
      url: '/apis/wardle.example.com/v1alpha1/namespaces/shop/flunders/*/hits?labelSelector=app%3Dweb',
      headers: { 'x-remote-user': 'system:kube-controller-manager' },
    });
  });

  const root = { kind: 'user', name: 'admin' } as const;

  it('write there too, among others at once', async () => {
    wardle.answer = ({ method }) => ({ code: method === 'DELETE' ? 200 : 201, body: JSON.stringify({ method }) });
    seen.length = 0;
    const flunder = { group: 'wardle.example.com', version: 'v1alpha1', resource: 'flunders', namespace: 'shop' };
    const [made, patched, emptied, missing] = await handler().handleBatch(
      [
        { ...flunder, verb: 'create', body: { metadata: { name: 'é' } } },
        { ...flunder, verb: 'patch', name: 'a', contentType: 'application/merge-patch+json', body: { a: null } },
        { ...flunder, verb: 'deletecollection', body: { propagationPolicy: 'Background' } },
        { ...flunder, verb: 'get', group: '', version: 'v1', resource: 'pods', name: 'none' },
      ],
      root,
    );
    expect([made?.code, made?.body, patched?.code, emptied?.body]).toEqual([
      ...[201, { method: 'POST' }, 201, { method: 'DELETE' }],
    ]);
    expect(missing?.code).toBe(404);
    expect(seen.map(({ method, body, headers }) => [method, JSON.parse(body), headers['content-type']]).sort()).toEqual(
      [
        ['DELETE', { propagationPolicy: 'Background' }, 'application/json'],
        ['PATCH', { a: null }, 'application/merge-patch+json'],
        ['POST', { metadata: { name: 'é' } }, 'application/json'],
      ],
    );
  });

  it('that name no resource are told what there is', async () => {
    const discovery = { group: 'wardle.example.com', version: 'v1alpha1', resource: '', verb: 'get' } as const;
    expect(await handler().handle(discovery, { kind: 'node', name: 'one' })).toEqual({ code: 200, body: flunderList });
    expect((await handler().handle({ ...discovery, verb: 'list' }, root)).code).toBe(404);
  });

  it('are refused to who may not', async () => {
    const before = seen.length;
    for (const verb of ['get', 'delete', 'create'] as const) {
      const response = await handler().handle({ ...request, verb }, { kind: 'node', name: 'one' });
      expect(response.code).toBe(403);
    }
    expect(seen).toHaveLength(before);
  });
});

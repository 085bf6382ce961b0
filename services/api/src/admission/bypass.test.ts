import type { ApiRequest } from '@kubus/shared/bus';
import type { KubeObject } from '@kubus/shared/object';
import { builtinKinds, Registry, type ServedResource, type Subresource } from '@kubus/shared/registry';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PipelineHandler } from '../busfront/index.ts';
import { admin, type Client, startCluster, type TestCluster } from '../pipeline/testing/cluster.ts';
import { install, uninstall } from './testing/configurations.ts';
import { WebhookServer } from './testing/webhook-server.ts';

const registry = new Registry(builtinKinds);
const context = { user: admin, userAgent: 'test', signal: new AbortController().signal };
const stopped = 'denied the request: stopped';

let cluster: TestCluster;
let client: Client;
let server: WebhookServer;

beforeAll(async () => {
  [cluster, server] = await Promise.all([startCluster({ takesPods: true }), WebhookServer.start()]);
  client = cluster.as(admin);
}, 60_000);
afterAll(async () => {
  await cluster.stop();
  await server.stop();
});

const served = registry.groupVersions().flatMap(({ resources }) => resources);
const kept = served.filter(({ declaration }) => declaration.strategy !== undefined);
const exempt = (resource: ServedResource): boolean => resource.group === 'admissionregistration.k8s.io';
const label = (resource: ServedResource): string => `${resource.apiVersion} ${resource.resource}`;

function target({ group, version, resource, namespaced }: ServedResource) {
  return { group, version, resource, ...(namespaced ? { namespace: 'default' } : {}) };
}

/** Puts an object of any kind into the store, whatever its rules say. */
async function seed(resource: ServedResource): Promise<KubeObject> {
  const { storage, declaration, namespaced } = resource;
  const namespace = namespaced ? 'default' : '';
  const key = { ...storage, namespace, name: 'seed' };
  const existing = await cluster.store.get(key);
  if (existing !== undefined) return existing;
  const [{ group, version }] = declaration.versions;
  const object = {
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind: declaration.kind,
    metadata: { name: 'seed', uid: `${resource.resource}-seed`, ...(namespaced ? { namespace } : {}) },
    spec: {},
    roleRef: { kind: 'ClusterRole', name: 'view' },
  } as unknown as KubeObject;
  const [result] = await cluster.store.commit([{ type: 'create', key, object }]);
  if (result?.ok !== true) throw new Error(`${label(resource)}: ${JSON.stringify(result)}`);
  return result.object;
}

const merge = { contentType: 'application/merge-patch+json', body: { metadata: { labels: { touched: 'yes' } } } };

/** Every way in which an object of the resource could be written. */
function writes(resource: ServedResource, object: KubeObject): ApiRequest[] {
  const at = target(resource);
  const one = { ...at, name: 'seed' };
  const touched = {
    ...object,
    metadata: { ...object.metadata, labels: { touched: 'yes' } },
    apiVersion: resource.apiVersion,
  };
  const apply = { apiVersion: resource.apiVersion, kind: resource.kind, ...merge.body };
  const all: ApiRequest[] = [
    { ...at, verb: 'create', body: { metadata: { name: 'fresh' } } },
    { ...one, verb: 'update', body: touched },
    { ...one, verb: 'patch', ...merge },
    {
      ...one,
      verb: 'patch',
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager: 'x', force: 'true' },
      body: { ...apply, metadata: { name: 'seed', ...apply.metadata } },
    },
    { ...one, verb: 'delete' },
    { ...at, verb: 'deletecollection' },
  ];
  return all.filter(({ verb }) => resource.verbs.has(verb as never));
}

function subresourceWrites(resource: ServedResource, subresource: Subresource, object: KubeObject): ApiRequest[] {
  const at = { ...target(resource), name: 'seed', subresource: subresource.name };
  const { group, version, kind } = subresource.responds;
  const metadata = { name: 'seed', resourceVersion: object.metadata.resourceVersion, labels: { touched: 'yes' } };
  const part = subresource.type === 'part';
  const body = part
    ? { ...object, apiVersion: resource.apiVersion, metadata: { ...object.metadata, ...metadata } }
    : {
        apiVersion: group === '' ? version : `${group}/${version}`,
        kind,
        metadata: { name: 'seed' },
        spec: { replicas: 3 },
        target: { kind: 'Node', name: 'n' },
      };
  return subresource.verbs
    .filter((verb) => verb !== 'get')
    .map((verb) => (verb === 'patch' ? { ...at, verb, ...merge } : { ...at, verb, body }));
}

const subresources = kept
  .filter((resource) => !exempt(resource))
  .flatMap((resource) =>
    [...resource.subresources.values()].map(
      (subresource) => [`${label(resource)}/${subresource.name}`, resource, subresource] as const,
    ),
  );

const connections = subresources.filter(([, , { type, verbs }]) => type === 'connect' && verbs.includes('create'));

/** Each of the requests is refused by the webhook, and changes nothing. */
async function stops(resource: ServedResource, requestsFor: (object: KubeObject) => ApiRequest[]): Promise<void> {
  const object = await seed(resource);
  for (const request of requestsFor(object)) {
    const { code, body } = await client.send(request);
    expect([request.verb, code, JSON.stringify(body)]).toEqual([request.verb, 400, expect.stringContaining(stopped)]);
  }
  expect(await seed(resource)).toEqual(object);
}

async function stopsConnection(_: string, resource: ServedResource, subresource: Subresource): Promise<void> {
  for (const verb of subresource.verbs) {
    const request = { ...target(resource), name: 'seed', subresource: subresource.name, verb };
    await expect(cluster.pipeline.connect(request, context)).rejects.toThrow(stopped);
  }
}

function denying() {
  server.answers.set('/stop', () => ({ allowed: false, status: { message: 'stopped' } }));
  const every = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] };
  return {
    name: 'stop.example.com',
    clientConfig: server.at('/stop'),
    rules: [every],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    timeoutSeconds: 10,
  };
}

describe('a mutating webhook that denies everything', () => {
  beforeAll(async () => {
    for (const resource of kept) await seed(resource);
    await install(cluster, 'mutatingwebhookconfigurations', 'stop', { webhooks: [denying()] });
  }, 60_000);
  afterAll(() => uninstall(cluster, 'mutatingwebhookconfigurations'));

  it.each(
    kept.filter((resource) => !exempt(resource)).map((resource) => [label(resource), resource] as const),
  )('stops every write of %s', async (_, resource) => {
    await stops(resource, (object) => writes(resource, object));
  });

  it.each(
    subresources.filter(([, , { type }]) => type !== 'connect'),
  )('stops every write of %s', async (_, resource, subresource) => {
    await stops(resource, (object) => subresourceWrites(resource, subresource, object));
  });

  it.each(connections)('stops a connection to %s', stopsConnection);

  it.each(
    served
      .filter(({ declaration }) => declaration.strategy === undefined && declaration.verbs?.includes('create') === true)
      .map((resource) => [label(resource), resource] as const),
  )('stops %s, which is not kept', async (_, resource) => {
    const body = { metadata: { name: 'seed' }, spec: {}, target: { kind: 'Node', name: 'n' } };
    const { code, body: answer } = await client.send({ ...target(resource), verb: 'create', body });
    expect([code, JSON.stringify(answer)]).toEqual([400, expect.stringContaining(stopped)]);
  });

  it('stops what comes over the bus: services, nodes, users and desired sets', async () => {
    const handler = new PipelineHandler(cluster.pipeline);
    const body = { metadata: { name: 'bus' } };
    const create = {
      group: '',
      version: 'v1',
      resource: 'configmaps',
      namespace: 'default',
      verb: 'create',
      body,
    } as const;
    for (const identity of [
      { kind: 'desired', name: 'default' },
      { kind: 'desired', name: '_cluster' },
      { kind: 'user', name: 'admin' },
    ] as const) {
      const single = await handler.handle(create, identity);
      const [batched] = await handler.handleBatch([create], identity);
      for (const { code, body: answer } of [single, batched as typeof single]) {
        expect([identity.kind, code, JSON.stringify(answer)]).toEqual([
          identity.kind,
          400,
          expect.stringContaining(stopped),
        ]);
      }
    }
    const lease = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases', namespace: 'kube-node-lease' };
    const beat = { ...lease, verb: 'create', body: { metadata: { name: 'n1' } } } as const;
    const node = await handler.handle(beat, { kind: 'node', name: 'n1' });
    expect([node.code, JSON.stringify(node.body)]).toEqual([400, expect.stringContaining(stopped)]);
  });
});

describe('a validating webhook that denies everything', () => {
  beforeAll(async () => {
    for (const resource of kept) await seed(resource);
    await install(cluster, 'validatingwebhookconfigurations', 'stop', { webhooks: [denying()] });
  }, 60_000);
  afterAll(() => uninstall(cluster, 'validatingwebhookconfigurations'));

  it.each(
    kept.filter((resource) => !exempt(resource)).map((resource) => [label(resource), resource] as const),
  )('stops every deletion of %s', async (_, resource) => {
    const isDeletion = ({ verb }: ApiRequest) => verb.startsWith('delete');
    await stops(resource, (object) => writes(resource, object).filter(isDeletion));
  });

  it.each(
    subresources.filter(([, , { type }]) => type === 'action'),
  )('stops every write of %s', async (_, resource, subresource) => {
    await stops(resource, (object) => subresourceWrites(resource, subresource, object));
  });

  it.each(connections)('stops a connection to %s', stopsConnection);
});

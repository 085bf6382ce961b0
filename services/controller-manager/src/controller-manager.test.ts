import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ApiRequest,
  type ApiResponse,
  type BusIdentity,
  desiredBucket,
  serveApi,
  statusBucket,
} from '@kubus/shared/bus';
import type { HealthReport, Service, ServiceContext } from '@kubus/shared/lifecycle';
import type { KubeObject } from '@kubus/shared/object';
import { parseSettings, SettingsError } from '@kubus/shared/settings';
import { RedisStore } from '@kubus/shared/store';
import { silentLogger } from '@kubus/shared/telemetry';
import { eventually, startNats, startRedis, type TestServer } from '@kubus/testkit';
import { connect, type NatsConnection } from 'nats';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { controllerManagerSettings, start } from './index.ts';

let redis: TestServer;
let nats: TestServer;
let nc: NatsConnection;
let stateDir: string;
let served: { stop(): Promise<void> | void };
let asked: { identity: BusIdentity; request: ApiRequest }[];
const services: Service[] = [];

beforeEach(async () => {
  [redis, nats] = await Promise.all([startRedis(), startNats()]);
  nc = await connect({ servers: nats.url });
  stateDir = await mkdtemp(join(tmpdir(), 'kubus-controller-manager-'));
  await writeFile(join(stateDir, 'ca.crt'), 'PEM');
  asked = [];
  served = serveApi(nc, { handle, handleBatch, watch });
});
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.stop()));
  await served.stop();
  await nc.close();
  await Promise.all([redis.stop(), nats.stop(), rm(stateDir, { recursive: true })]);
});

/** An API that says yes to everything. */
async function handle(request: ApiRequest, identity: BusIdentity): Promise<ApiResponse> {
  asked.push({ identity, request });
  const body = request.body as KubeObject | undefined;
  return { code: 201, body: { ...body, metadata: { ...body?.metadata, uid: 'u', resourceVersion: '1' } } };
}
const handleBatch = (requests: readonly ApiRequest[], identity: BusIdentity) =>
  Promise.all(requests.map((request) => handle(request, identity)));
async function* watch(): AsyncIterable<string> {
  yield* [];
}

const settings = (extra: Record<string, string> = {}) =>
  parseSettings(controllerManagerSettings, {
    REDIS_URL: redis.url,
    NATS_URL: nats.url,
    KUBUS_STATE_DIR: stateDir,
    ...extra,
  });

const context = (instance: string): ServiceContext => ({
  ...{ service: 'controller-manager', instance, log: silentLogger() },
  fatal: (error) => {
    throw error;
  },
});

async function replica(instance: string): Promise<Service> {
  const service = await start(settings(), context(instance));
  services.push(service);
  return service;
}

async function seed(object: KubeObject, resource: string): Promise<void> {
  const store = await RedisStore.connect({ url: redis.url });
  const { namespace = '', name } = object.metadata;
  await store.commit([{ type: 'create', key: { group: '', resource, namespace, name }, object }]);
  await store.close();
}

async function health(instance: string): Promise<HealthReport> {
  return (await nc.request(`kubus.health.controller-manager.${instance}`)).json<HealthReport>();
}

it('becomes ready, brings in order what it finds, and stops', async () => {
  await seed({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', uid: 'n' } }, 'namespaces');
  const service = await replica('one');
  await eventually(async () =>
    expect(await health('one')).toMatchObject({ ready: true, checks: { redis: 'ok', nats: 'ok', controllers: 'ok' } }),
  );
  await eventually(() => {
    const made = asked.map(({ identity, request }) => [
      identity.name,
      request.verb,
      request.resource,
      request.namespace,
    ]);
    expect(made).toContainEqual(['controller-manager', 'create', 'serviceaccounts', 'shop']);
    expect(made).toContainEqual(['controller-manager', 'create', 'configmaps', 'shop']);
  });
  const metrics = (await nc.request('kubus.metrics.controller-manager.one')).string();
  expect(metrics).toContain('controller_runtime_reconcile_total');
  await service.stop();
  await expect(health('one')).rejects.toThrow();
});

it('applies a set published on the bus as the owner of its namespace, once among replicas', async () => {
  await Promise.all([replica('one'), replica('two')]);
  const desired = await nc.jetstream().views.kv(desiredBucket, { bindOnly: true });
  const outcomes = await nc.jetstream().views.kv(statusBucket, { bindOnly: true });
  const revision = await desired.put('shop.web', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\n');
  await eventually(async () => {
    expect((await outcomes.get('shop.web'))?.json()).toMatchObject({ phase: 'Applied', observedRevision: revision });
  });
  const applied = asked.filter(({ request }) => request.verb === 'patch');
  expect(new Set(applied.map(({ identity }) => `${identity.kind} ${identity.name}`))).toEqual(
    new Set(['desired shop']),
  );
  // This API keeps nothing, so the object may be missed and applied again; the revision is tried and accepted once.
  expect(applied.map(({ request }) => request.query?.['dryRun']).slice(0, 2)).toEqual(['All', undefined]);
  expect(applied.filter(({ request }) => request.query?.['dryRun'] === 'All')).toHaveLength(1);
});

it('names every setting that it cannot use', async () => {
  const bad = { KUBUS_NODE_MONITOR_GRACE_PERIOD: 'soon', KUBUS_NODE_EVICTION_RATE: 'fast' };
  expect(() => settings(bad)).toThrow(SettingsError);
  expect(() => settings(bad)).toThrow(/KUBUS_NODE_MONITOR_GRACE_PERIOD[\s\S]*KUBUS_NODE_EVICTION_RATE/);
  await rm(join(stateDir, 'ca.crt'));
  await expect(start(settings(), context('one'))).rejects.toThrow(/ca\.crt/);
});

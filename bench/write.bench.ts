import { connect } from 'node:http2';
import { join } from 'node:path';
import type { ApiClient, ApiRequest } from '@kubus/shared/bus';
import { CommitEncoder, Script, storeKeys } from '@kubus/shared/store/internal';
import { startRedis } from '@kubus/testkit';
import { Redis } from 'ioredis';
import { adminTls, type ControlPlane, sampleConfigMap, startControlPlane } from './control-plane.ts';
import { hasH2load, http2Rate } from './h2load.ts';
import { type Benchmark, type Figure, rate } from './harness.ts';
import { cpuPer, cpuSeconds } from './processes.ts';

const inFlight = 64;
/** As many as V8 takes to compile what a create goes through; before, one costs up to twice as much. */
const warmUp = 20_000;
const measured = 50_000;
const configMaps = { group: '', resource: 'configmaps' };
const path = '/api/v1/namespaces/default/configmaps';

type Say = (line: string) => void;

export default {
  name: 'write',
  about:
    'creates of a 1.5 KB object, 64 in flight, one warm api replica, beside the bare Lua commit with the same bytes',
  async run(say) {
    const bare = await bareCommits();
    say(`bare commits: ${Math.round(bare)}/s`);
    const figure = (what: string, value: number, share?: number): Figure => {
      const figure = { what, value, unit: 'creates/s', beside: { what: 'bare Lua commit', value: bare } };
      if (share === undefined) return figure;
      return { ...figure, target: `${share * 100}% of the bare commit's rate`, reached: value >= share * bare };
    };
    const plane = await startControlPlane({ api: 1 });
    try {
      const bus = figure('create over the bus', await busCreates(plane, say), 0.4);
      const light = hasH2load(say) ? await h2loadCreates(plane, say) : undefined;
      if (light === undefined) say('there is no h2load: HTTPS is measured with the client in Node alone');
      const node = await nodeCreates(plane, say);
      if (light === undefined) return [bus, figure('create over HTTPS (HTTP/2, client in Node)', node, 0.25)];
      return [
        bus,
        figure('create over HTTPS (HTTP/2, h2load)', light, 0.25),
        figure('create over HTTPS (HTTP/2, client in Node)', node),
      ];
    } finally {
      await plane.stop();
    }
  },
} satisfies Benchmark;

/** The script alone, its arguments made beforehand, on a Redis of its own with the same durability, by a Unix socket as the api. */
async function bareCommits(): Promise<number> {
  const server = await startRedis({ appendfsync: 'everysec', args: ['--unixsocket', 'redis.sock'] });
  const redis = new Redis(join(server.dataDir, 'redis.sock'));
  const keys = storeKeys();
  const encoder = new CommitEncoder(keys.prefix, { instance: 'bench', maxUndo: 10_000 });
  const script = new Script('./commit.lua');
  const prepared = Array.from({ length: measured + warmUp }, (_, i) => {
    const object = { ...sampleConfigMap(`bare-${i}`) };
    const filled = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: crypto.randomUUID(),
        creationTimestamp: '2026-01-01T00:00:00Z',
        managedFields: [],
      },
    };
    const operation = {
      type: 'create' as const,
      key: { ...configMaps, namespace: 'default', name: `bare-${i}` },
      object: filled,
    };
    return encoder.call(encoder.operations([operation], true, Number.MAX_SAFE_INTEGER)).args;
  });
  const commit = (i: number) => script.run(redis, [keys.revision], prepared[i] ?? []);
  try {
    await rate(warmUp, inFlight, (i) => commit(measured + i));
    return await rate(measured, inFlight, commit);
  } finally {
    redis.disconnect();
    await server.stop();
  }
}

async function busCreates(plane: ControlPlane, say: Say): Promise<number> {
  const create = (name: string) => plane.connection.api.request(creation('configmaps', sampleConfigMap(name)));
  await rate(warmUp, inFlight, (i) => create(`warm-bus-${i}`));
  return accounted('bus', plane, say, () => rate(measured, inFlight, (i) => create(`bus-${i}`)));
}

async function nodeCreates(plane: ControlPlane, say: Say): Promise<number> {
  const session = connect(`https://127.0.0.1:${plane.record.apiPort}`, await adminTls(plane.layout));
  const create = (name: string) =>
    new Promise<void>((resolve, reject) => {
      const request = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/json' });
      request.on('response', (headers) => {
        if (headers[':status'] !== 201) reject(new Error(`HTTP ${headers[':status']}`));
      });
      request.on('error', reject);
      request.on('end', resolve);
      request.resume();
      request.end(JSON.stringify(sampleConfigMap(name)));
    });
  try {
    await rate(warmUp / 2, inFlight, (i) => create(`warm-https-${i}`));
    return await accounted('HTTPS', plane, say, () => rate(measured, inFlight, (i) => create(`https-${i}`)));
  } finally {
    session.close();
  }
}

/** The same object, named by the server: h2load sends one body again and again, and a token, since it has no client certificates. */
async function h2loadCreates(plane: ControlPlane, say: Say): Promise<number> {
  const { metadata, ...rest } = sampleConfigMap('');
  const { name: _, ...unnamed } = metadata;
  const load = {
    url: `https://127.0.0.1:${plane.record.apiPort}${path}`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await token(plane.connection.api)}` },
    body: JSON.stringify({ ...rest, metadata: { ...unnamed, generateName: 'h2load-' } }),
    inFlight,
  };
  await http2Rate(warmUp, load);
  return accounted('HTTPS with h2load', plane, say, () => http2Rate(measured, load));
}

/** Of a service account that may create ConfigMaps. */
async function token(api: ApiClient): Promise<string> {
  const subject = { kind: 'ServiceAccount', name: 'bench', namespace: 'default' };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' };
  await api.request(creation('serviceaccounts', { metadata: { name: 'bench' } }));
  const binding = creation('rolebindings', { metadata: { name: 'bench' }, roleRef, subjects: [subject] });
  await api.request({ ...binding, group: roleRef.apiGroup });
  const asked = { ...creation('serviceaccounts', { spec: {} }), name: 'bench', subresource: 'token' };
  return (await api.request<{ status: { token: string } }>(asked)).status.token;
}

function creation(resource: string, body: object): ApiRequest {
  return { verb: 'create', group: '', version: 'v1', resource, namespace: 'default', body };
}

/** Says what each program spent on one create, the client beside it where it is this process. */
async function accounted(how: string, plane: ControlPlane, say: Say, run: () => Promise<number>): Promise<number> {
  const before = cpuSeconds(plane);
  const own = process.cpuUsage();
  const perSecond = await run();
  const { user, system } = process.cpuUsage(own);
  const client = ((user + system) / 1_000 / measured).toFixed(3);
  say(
    `${how}: ${Math.round(perSecond)}/s; processor time per create: ${cpuPer(plane, before, measured)}, client ${client}`,
  );
  return perSecond;
}

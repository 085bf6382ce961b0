import { connect } from 'node:http2';
import { CommitEncoder, Script, storeKeys } from '@kubus/shared/store/internal';
import { startRedis } from '@kubus/testkit';
import { Redis } from 'ioredis';
import { adminTls, type ControlPlane, sampleConfigMap, startControlPlane } from './control-plane.ts';
import { type Benchmark, type Figure, rate } from './harness.ts';

const inFlight = 64;
const warmUp = 1_000;
const configMaps = { group: '', resource: 'configmaps' };

export default {
  name: 'write',
  about: 'creates of a 1.5 KB object, 64 in flight, one api replica, beside the bare Lua commit with the same bytes',
  async run(say) {
    const bare = await bareCommits(20_000);
    say(`bare commits: ${Math.round(bare)}/s`);
    const plane = await startControlPlane({ api: 1 });
    try {
      const bus = await busCreates(plane, 10_000);
      say(`bus: ${Math.round(bus)}/s`);
      const https = await httpsCreates(plane, 6_000);
      say(`HTTPS: ${Math.round(https)}/s`);
      const figure = (what: string, value: number, share: number): Figure => ({
        what,
        value,
        unit: 'creates/s',
        beside: { what: 'bare Lua commit', value: bare },
        target: `${share * 100}% of the bare commit's rate`,
        reached: value >= share * bare,
      });
      return [figure('create over the bus', bus, 0.4), figure('create over HTTPS (HTTP/2)', https, 0.25)];
    } finally {
      await plane.stop();
    }
  },
} satisfies Benchmark;

/** The script alone, its arguments made beforehand, on a Redis of its own with the same durability. */
async function bareCommits(count: number): Promise<number> {
  const server = await startRedis({ appendfsync: 'everysec' });
  const redis = new Redis(server.url);
  const keys = storeKeys();
  const encoder = new CommitEncoder(keys.prefix, { instance: 'bench', maxUndo: 10_000 });
  const script = new Script('./commit.lua');
  const prepared = Array.from({ length: count + warmUp }, (_, i) => {
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
    return encoder.call(encoder.operations([operation], true)).args;
  });
  try {
    await rate(warmUp, inFlight, (i) => script.run(redis, [keys.revision], prepared[count + i] ?? []));
    return await rate(count, inFlight, (i) => script.run(redis, [keys.revision], prepared[i] ?? []));
  } finally {
    redis.disconnect();
    await server.stop();
  }
}

async function busCreates(plane: ControlPlane, count: number): Promise<number> {
  const create = (name: string) =>
    plane.connection.api.request({
      verb: 'create',
      ...configMaps,
      version: 'v1',
      namespace: 'default',
      body: sampleConfigMap(name),
    });
  await rate(warmUp, inFlight, (i) => create(`warm-bus-${i}`));
  return rate(count, inFlight, (i) => create(`bus-${i}`));
}

async function httpsCreates(plane: ControlPlane, count: number): Promise<number> {
  const session = connect(`https://127.0.0.1:${plane.record.apiPort}`, await adminTls(plane.layout));
  const create = (name: string) =>
    new Promise<void>((resolve, reject) => {
      const request = session.request({
        ':method': 'POST',
        ':path': '/api/v1/namespaces/default/configmaps',
        'content-type': 'application/json',
      });
      request.on('response', (headers) => {
        if (headers[':status'] !== 201) reject(new Error(`HTTP ${headers[':status']}`));
      });
      request.on('error', reject);
      request.on('end', resolve);
      request.resume();
      request.end(JSON.stringify(sampleConfigMap(name)));
    });
  try {
    await rate(warmUp, inFlight, (i) => create(`warm-https-${i}`));
    return await rate(count, inFlight, (i) => create(`https-${i}`));
  } finally {
    session.close();
  }
}

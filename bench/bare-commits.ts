import { join } from 'node:path';
import { CommitEncoder, Script, storeKeys } from '@kubus/shared/store/internal';
import { startRedis } from '@kubus/testkit';
import { Redis } from 'ioredis';
import { sampleConfigMap } from './control-plane.ts';
import { rate } from './harness.ts';

const configMaps = { group: '', resource: 'configmaps' };

/** The commit script alone: what a create costs whatever is around it. */
export interface BareCommits {
  /** Creates `count` objects, the arguments of all of them made before the time begins; seconds. */
  run(count: number, inFlight: number): Promise<number>;
  stop(): Promise<void>;
}

/** On a Redis of its own, with the durability of a local cluster and by a Unix socket as the api. */
export async function startBareCommits(): Promise<BareCommits> {
  const server = await startRedis({ appendfsync: 'everysec', args: ['--unixsocket', 'redis.sock'] });
  const redis = new Redis(join(server.dataDir, 'redis.sock'));
  const keys = storeKeys();
  const encoder = new CommitEncoder(keys.prefix, { instance: 'bench', maxUndo: 10_000 });
  const script = new Script('./commit.lua');
  let made = 0;
  const prepare = () => {
    const name = `bare-${made++}`;
    const key = { ...configMaps, namespace: 'default', name };
    const operation = { type: 'create' as const, key, object: filled(name) };
    return encoder.call(encoder.operations([operation], true, Number.MAX_SAFE_INTEGER)).args;
  };
  return {
    run: async (count, inFlight) => {
      const prepared = Array.from({ length: count }, prepare);
      const commit = (i: number) => script.run(redis, [keys.revision], prepared[i] ?? []);
      return count / (await rate(count, inFlight, commit));
    },
    stop: async () => {
      redis.disconnect();
      await server.stop();
    },
  };
}

/** As the api stores it, but for the owners of its fields. */
function filled(name: string) {
  const { metadata, ...rest } = sampleConfigMap(name);
  const system = { uid: crypto.randomUUID(), creationTimestamp: '2026-01-01T00:00:00Z', managedFields: [] };
  return { ...rest, metadata: { ...metadata, ...system } };
}

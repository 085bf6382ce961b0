import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectBus } from '@kubus/shared/bus';
import { ChangeStream, changeStream, JetStreamChangeReader } from '@kubus/shared/changelog';
import { Outbox, RedisStore } from '@kubus/shared/store';
import { eventually, type NatsCluster, startNatsCluster, startRedis, type TestServer, type Wire } from '@kubus/testkit';
import type { NatsConnection } from 'nats';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Relay } from './index.ts';

const exec = promisify(execFile);
const pods = { group: '', resource: 'pods' };
const quiet = { info: () => undefined, warn: () => undefined };

let redis: TestServer;
let nats: NatsCluster;
let store: RedisStore;
let writing: { stop(): Promise<number> };
const connections: NatsConnection[] = [];
const closing: (() => void | Promise<void>)[] = [];

beforeAll(async () => {
  [redis, nats] = await Promise.all([startRedis(), startNatsCluster()]);
  store = await RedisStore.connect({ url: redis.url, waitMs: 10_000 });
  for (const name of ['relay', 'other-relay']) {
    const outbox = new Outbox({ url: redis.url });
    const relay = new Relay({
      outbox,
      connection: await dial(name),
      log: quiet,
      leaseMs: 300,
      stream: { replicas: 3 },
    });
    relay.start();
    closing.push(async () => {
      await relay.stop();
      outbox.close();
    });
  }
});
afterAll(async () => {
  for (const close of closing.splice(0)) await close();
  await Promise.all(connections.map((connection) => connection.close()));
  await store?.close();
  await Promise.all([redis?.stop(), nats?.stop()]);
});

async function dial(name: string): Promise<NatsConnection> {
  const identity = { kind: 'service', name } as const;
  const connection = await connectBus({ servers: nats.urls, identity, name, reconnectMs: 50 });
  connections.push(connection);
  return connection;
}

/** What one who follows pods has seen; it begins again, as an informer does, where it is told that it lost its place. */
class Follower {
  readonly seen: number[] = [];
  /** Revisions that it has not seen and knows of. */
  readonly missed = new Set<number>();
  readonly #reader: JetStreamChangeReader;

  constructor(connection: NatsConnection) {
    this.#reader = new JetStreamChangeReader({ connection, store, heartbeatMs: 500, retryMs: 50 });
  }

  async begin(after: number): Promise<void> {
    await this.#reader.read(pods, after, {
      onChange: ({ revision }) => void this.seen.push(revision),
      onProgress: () => undefined,
      onLost: () => void this.#beginAgain(),
    });
  }

  stop(): void {
    this.#reader.close();
  }

  async #beginAgain(): Promise<void> {
    const { cluster } = await store.revisions([]);
    for (let revision = (this.seen.at(-1) ?? before) + 1; revision <= cluster; revision++) this.missed.add(revision);
    await this.begin(cluster);
  }
}

let names = 0;
let before: number;
let followers: Follower[];
beforeEach(async () => {
  ({ cluster: before } = await store.revisions([]));
  followers = await Promise.all(['a', 'b'].map(async (name) => new Follower(await dial(name))));
  await Promise.all(followers.map((follower) => follower.begin(before)));
  writing = write();
});
afterEach(async () => {
  for (const wire of [...nats.routes, ...nats.servers.map((_, server) => nats.clientWire(server))]) wire.mend();
  await writing.stop();
  for (const follower of followers) follower.stop();
});

/** Commits pods, one after the other and in bursts, until it is stopped; tells the last revision. */
function write() {
  let running = true;
  let last = before;
  const done = (async () => {
    while (running) {
      const results = await Promise.all(
        Array.from({ length: 1 + (names % 5) }, async () => {
          const name = `p${++names}`;
          const object = { kind: 'Pod', apiVersion: 'v1', metadata: { namespace: 'default', name, uid: name } };
          return store.commit([{ type: 'create', key: { ...pods, namespace: 'default', name }, object }]);
        }),
      );
      for (const [result] of results) if (result?.ok) last = Math.max(last, result.revision);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return last;
  })();
  return {
    stop: () => {
      running = false;
      return done;
    },
  };
}

/** Some changes have come through since now. */
async function flowing(): Promise<void> {
  const { cluster } = await store.revisions([]);
  for (const { seen } of followers) await eventually(() => expect(seen.at(-1) ?? 0).toBeGreaterThan(cluster), 120_000);
}

/** Which server leads the change log. */
async function leader(): Promise<number> {
  return eventually(async () => {
    const manager = await new ChangeStream(connections[0] as NatsConnection).manager();
    const { cluster } = await manager.streams.info(changeStream);
    const found = Number(cluster?.leader?.slice(1));
    expect(found).toBeGreaterThanOrEqual(0);
    return found;
  }, 60_000);
}

/** Others step down until this one leads. */
async function leads(server: number): Promise<void> {
  await eventually(async () => {
    if ((await leader()) === server) return;
    await stepDown();
    throw new Error('another server leads');
  }, 120_000);
}

async function stepDown(): Promise<void> {
  await new ChangeStream(connections[0] as NatsConnection).stepDown().catch(() => undefined);
}

/** The stream refuses what is longer. */
async function limitMessages(bytes: number): Promise<void> {
  await eventually(async () => {
    const { streams } = await new ChangeStream(connections[0] as NatsConnection).manager();
    const { config } = await streams.info(changeStream);
    await streams.update(changeStream, { ...config, max_msg_size: bytes });
  }, 60_000);
}

/** Everybody has seen every change, once and in order, but for those of which he was told that they are missing. */
async function allSeen(): Promise<void> {
  const last = await writing.stop();
  const made = Array.from({ length: last - before }, (_, i) => before + 1 + i);
  for (const { seen, missed } of followers) {
    await eventually(() => expect(Math.max(seen.at(-1) ?? 0, ...missed)).toBe(last), 120_000);
    expect(seen).toEqual(made.filter((revision) => !missed.has(revision)));
  }
}

/** The kernel drops each tenth packet from and to these ports of the loopback, until it is mended. */
async function losePackets(ports: readonly number[]): Promise<() => Promise<void>> {
  const table = `inet kubus-test-${process.pid}`;
  const rule = (side: string) => `add rule ${table} out tcp ${side} { ${ports.join()} } numgen random mod 10 0 drop`;
  const chain = `add chain ${table} out { type filter hook output priority 0; }`;
  await exec('nft', [[`add table ${table}`, chain, rule('sport'), rule('dport')].join('; ')]);
  return async () => {
    await exec('nft', [`delete table ${table}`]);
  };
}

/** Bytes in the middle of each block of its change log are others, and the last of each are gone. */
async function damage({ dataDir }: TestServer): Promise<void> {
  const names = await readdir(dataDir, { recursive: true });
  const blocks = names.filter((name) => name.includes(`streams/${changeStream}/msgs/`) && name.endsWith('.blk'));
  expect(blocks).not.toEqual([]);
  for (const name of blocks) {
    const path = join(dataDir, name);
    const bytes = await readFile(path);
    const middle = bytes.length >> 1;
    bytes.fill(0xff, middle, middle + 64);
    await writeFile(path, bytes.subarray(0, Math.max(0, bytes.length - 100)));
  }
}

/** More of them where random faults are asked to last longer. */
const long = Number(process.env['KUBUS_FAULTS_SECONDS'] ?? 0) > 60;

const cuts: [string, (server: number) => readonly Wire[]][] = [
  ['the others', (server) => nats.wiresOf(server).filter((wire) => nats.routes.includes(wire))],
  ['the others and its clients', (server) => nats.wiresOf(server)],
  ['its clients', (server) => [nats.clientWire(server)]],
];

describe('a change log in three copies goes on, every change once and in order', { timeout: 600_000 }, () => {
  it('when the server that leads it is killed, and comes back', async () => {
    await flowing();
    const led = await leader();
    await nats.servers[led]?.kill();
    await flowing();
    await nats.servers[led]?.restart();
    await allSeen();
  });

  it('when two servers are killed: until one of them is back only Redis takes changes', async () => {
    await flowing();
    const led = await leader();
    const killed = [led, (led + 1) % 3];
    await Promise.all(killed.map((server) => nats.servers[server]?.kill()));
    const { cluster } = await store.revisions([]);
    await eventually(async () => expect((await store.revisions([])).cluster).toBeGreaterThan(cluster));
    await nats.servers[killed[1] as number]?.restart();
    await flowing();
    await nats.servers[led]?.restart();
    await allSeen();
  });

  it.each(long ? cuts : cuts.slice(0, 1))('when the server that leads it is cut off from %s', async (_, wiresOf) => {
    await flowing();
    const wires = wiresOf(await leader());
    for (const wire of wires) wire.cut();
    await flowing();
    for (const wire of wires) wire.mend();
    await nats.settled();
    await allSeen();
  });

  it('when it is led by another server again and again', async () => {
    await flowing();
    for (let round = 0; round < 5; round++) {
      await stepDown();
      await flowing();
    }
    await allSeen();
  });

  it('when the server that leads it refuses all that it is sent, and is asked to step down', async () => {
    await flowing();
    let asked = 0;
    const request = `$JS.API.STREAM.LEADER.STEPDOWN.${changeStream}`;
    const heard = (await dial('operator')).subscribe(request, { callback: () => void asked++ });
    await limitMessages(1);
    await eventually(() => expect(asked).toBeGreaterThan(0), 60_000);
    heard.unsubscribe();
    await limitMessages(-1);
    await flowing();
    await allSeen();
  });

  it('over links on which everything comes a quarter of a second late, and a tenth of it a second', async () => {
    await flowing();
    const wires = [...nats.routes, ...[0, 1, 2].map((server) => nats.clientWire(server))];
    let pieces = 0;
    for (const wire of wires) wire.delay(() => (pieces++ % 10 === 0 ? 1_000 : 250));
    await flowing();
    for (const wire of wires) wire.mend();
    await allSeen();
  });

  it('when a server comes back without its data', async () => {
    await flowing();
    const led = nats.servers[await leader()] as TestServer;
    await led.kill();
    await rm(join(led.dataDir, 'jetstream'), { recursive: true });
    await led.restart();
    await flowing();
    await nats.settled();
    await allSeen();
  });

  if (long) {
    it('when all servers are killed at once, and when they are restarted in turn', async () => {
      await flowing();
      await Promise.all(nats.servers.map((server) => server.kill()));
      await Promise.all(nats.servers.map((server) => server.restart()));
      await flowing();
      for (const server of nats.servers) {
        await server.restart();
        await nats.settled();
      }
      await flowing();
      await allSeen();
    });

    it('when nothing gets through to the server that leads it, and nobody is told', async () => {
      await flowing();
      const wires = nats.wiresOf(await leader());
      for (const wire of wires) wire.mute();
      await flowing();
      for (const wire of wires) wire.mend();
      await nats.settled();
      await allSeen();
    });

    it('over links that lose a tenth of their packets', async () => {
      await flowing();
      const mend = await losePackets([...nats.routes, ...[0, 1, 2].map(nats.clientWire)].map(({ port }) => port));
      try {
        for (let round = 0; round < 20; round++) await flowing();
      } finally {
        await mend();
      }
      await allSeen();
    });

    it('when files of the server that leads it were damaged while it was away', async () => {
      await flowing();
      const server = await leader();
      const damaged = nats.servers[server] as TestServer;
      await damaged.kill();
      await damage(damaged);
      await damaged.restart();
      await flowing();
      await nats.settled();
      // What it lacks it has got from the others: who asks it for all there is, gets that.
      await leads(server);
      const late = new Follower(await dial('late'));
      followers.push(late);
      await late.begin(before);
      await flowing();
      await allSeen();
    });

    it('when the disk of the server that leads it is full, and when that is started anew with room', async () => {
      await flowing();
      const server = await leader();
      const { dataDir, kill, restart } = nats.servers[server] as TestServer;
      const folder = join(dataDir, 'jetstream');
      await kill();
      await rm(folder, { recursive: true });
      await mkdir(folder);
      await exec('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', folder]);
      try {
        await restart();
        await nats.settled();
        await leads(server);
        await exec('sh', ['-c', `cat /dev/zero >${join(folder, 'filler')} || true`]);
        const { cluster } = await store.revisions([]);
        await eventually(
          async () => expect((await store.revisions([])).cluster).toBeGreaterThan(cluster + 200),
          120_000,
        );
        await flowing();
        await rm(join(folder, 'filler'));
        await restart();
        await flowing();
        await nats.settled();
        await allSeen();
      } finally {
        await kill();
        await exec('umount', [folder]);
        await restart();
        await nats.settled();
      }
    });
  }
});

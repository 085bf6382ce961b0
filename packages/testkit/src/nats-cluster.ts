import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './ports.ts';
import { startServer, type TestServer } from './servers.ts';
import { openWire, type Wire } from './wire.ts';

/** Three NATS servers with JetStream that are one cluster, and a wire between each two of them and before each. */
export interface NatsCluster {
  readonly servers: readonly TestServer[];
  /** Where clients connect, by a wire of their own to each server. */
  readonly urls: readonly string[];
  /** Between clients and this server. */
  clientWire(server: number): Wire;
  /** Between this server and the others, and from its clients. */
  wiresOf(server: number): readonly Wire[];
  /** Between the servers. */
  readonly routes: readonly Wire[];
  /** Resolves when JetStream has a leader that all three follow. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export interface NatsClusterOptions {
  /** Lines of each server's configuration beside those of the cluster. */
  config?: string;
}

const size = 3;
const all = Array.from({ length: size }, (_, i) => i);

export async function startNatsCluster(options: NatsClusterOptions = {}): Promise<NatsCluster> {
  const clientPorts: number[] = [];
  const routePorts: number[] = [];
  const monitors: number[] = [];
  const wires = new Map<string, Wire>();
  for (const a of all)
    for (const b of all) if (a !== b) wires.set(`${a}>${b}`, await openWire(() => routePorts[b] as number));
  for (const b of all) wires.set(`>${b}`, await openWire(() => clientPorts[b] as number));
  const wire = (name: string) => wires.get(name) as Wire;
  const configOf = (i: number, dir: string): string => {
    const routes = all.filter((other) => other !== i).map((other) => `nats://127.0.0.1:${wire(`${i}>${other}`).port}`);
    return [
      options.config ?? 'max_payload: 8MB',
      `listen: "127.0.0.1:${clientPorts[i]}"`,
      `http: "127.0.0.1:${monitors[i]}"`,
      `server_name: n${i}`,
      `jetstream { store_dir: "${dir}", max_mem: 256MB, max_file: 4G }`,
      // What servers tell each other of the others would lead past the wires; nobody listens there.
      `cluster { name: c, listen: "127.0.0.1:${routePorts[i]}", advertise: "127.0.0.1:1", no_advertise: true, routes: ${JSON.stringify(routes)} }`,
    ].join('\n');
  };
  const servers = await Promise.all(
    all.map((i) =>
      startServer(`nats-${i}`, async (port, dir) => {
        clientPorts[i] = port;
        routePorts[i] = await freePort();
        monitors[i] = await freePort();
        const file = join(dir, 'nats.conf');
        await writeFile(file, configOf(i, dir));
        return { command: 'nats-server', args: ['-c', file], url: `nats://127.0.0.1:${port}` };
      }),
    ),
  );

  const cluster: NatsCluster = {
    servers,
    urls: all.map((i) => `nats://127.0.0.1:${wire(`>${i}`).port}`),
    clientWire: (server) => wire(`>${server}`),
    wiresOf: (server) => [...wires].flatMap(([name, one]) => (name.includes(`${server}`) ? [one] : [])),
    routes: [...wires].flatMap(([name, one]) => (name.startsWith('>') ? [] : [one])),
    settled: () => eventually(() => isSettled(monitors), 60_000, 100),
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
      await Promise.all([...wires.values()].map((one) => one.close()));
    },
  };
  await cluster.settled();
  return cluster;
}

interface JetStreamState {
  meta_cluster?: { leader?: string; replicas?: { name: string; current: boolean; offline?: boolean }[] };
}

async function isSettled(monitors: readonly number[]): Promise<void> {
  const states = await Promise.all(
    monitors.map(async (port) => (await (await fetch(`http://127.0.0.1:${port}/jsz`)).json()) as JetStreamState),
  );
  const leaders = new Set(states.map((state) => state.meta_cluster?.leader ?? ''));
  const followers = states.flatMap((state) => state.meta_cluster?.replicas ?? []);
  const current = followers.filter((follower) => follower.current && follower.offline !== true).length;
  if (leaders.size > 1 || leaders.has('') || current < size - 1)
    throw new Error(`JetStream's leaders are ${[...leaders].join()}, ${current} follow`);
}

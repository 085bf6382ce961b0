import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileCache } from './compile-cache.ts';
import type { ClusterRecord, Layout } from './layout.ts';
import { dockerSocket, type ServerProgram } from './prerequisites.ts';
import type { Program } from './supervisor.ts';

/** How many processes of each service are started; nodes are in the cluster's record. */
export interface Replicas {
  api: number;
  scheduler: number;
  controllerManager: number;
}

const services = fileURLToPath(new URL('../../../../services', import.meta.url));

const nodeName = (index: number): string => `node-${index}`;

/** The longest path that a socket can have: 104 bytes on macOS, 108 on Linux, with the zero behind it. */
const mostBytes = 103;

/**
 * The Unix socket by which services reach Redis when it is a program of this machine: a command and its answer cost either side 3 to 4 us less than by TCP.
 * Undefined where the folder's path is too long; a container's Redis is another user and has none.
 */
export function redisSocket(layout: Layout): string | undefined {
  const path = join(layout.run, 'redis.sock');
  return Buffer.byteLength(path) <= mostBytes ? path : undefined;
}

/**
 * Redis on the loopback, every command behind a user of its own, an append-only file flushed each second (the local setting), or with each write.
 * The file is not rewritten before it has 256 MB, which a start reads in half a second.
 */
export function redisProgram(layout: Layout, record: ClusterRecord, how: ServerProgram): Program {
  const port = `${record.redisPort}`;
  const flushed = process.env['KUBUS_REDIS_APPENDFSYNC'] === 'always' ? 'always' : 'everysec';
  const args = (dir: string, acl: string) => [
    ...['--port', port, '--bind', '127.0.0.1', '--dir', dir, '--aclfile', acl, '--save', ''],
    ...['--appendonly', 'yes', '--appendfsync', flushed, '--maxmemory-policy', 'noeviction'],
    ...['--auto-aof-rewrite-min-size', '256mb'],
  ];
  const acl = join(layout.state, 'redis', 'users.acl');
  if (how.kind === 'path') {
    const socket = redisSocket(layout);
    const local = socket === undefined ? [] : ['--unixsocket', socket, '--unixsocketperm', '700'];
    return { name: 'redis', command: how.command, args: [...args(layout.redisData, acl), ...local], env: inherited() };
  }
  return containerProgram(
    layout,
    'redis',
    how.image,
    [
      [layout.redisData, '/data'],
      [acl, '/users.acl'],
    ],
    ['redis-server', ...args('/data', '/users.acl')],
  );
}

/**
 * How far NATS' heap grows before it is collected, percent (Go: GOGC). Of what passes through it next to nothing stays, so at Go's own 100 it collects each few
 * megabytes and throws away the buffers that it keeps for the next messages: half of its processor time under streams. At rest it takes some 15 MiB more than at 200.
 */
const natsCollector = { GOGC: '400' };

/** NATS with JetStream, on the configuration that the bootstrap wrote. */
export function natsProgram(layout: Layout, how: ServerProgram): Program {
  const config = join(layout.state, 'nats', 'nats.conf');
  if (how.kind === 'path')
    return { name: 'nats', command: how.command, args: ['-c', config], env: { ...inherited(), ...natsCollector } };
  // The configuration names absolute paths, so they are the same inside.
  const mounts: Mount[] = [
    [join(layout.state, 'nats'), join(layout.state, 'nats')],
    [layout.natsData, layout.natsData],
  ];
  return containerProgram(layout, 'nats', how.image, mounts, ['nats-server', '-c', config], natsCollector);
}

type Mount = [from: string, to: string];

function containerProgram(
  layout: Layout,
  name: string,
  image: string,
  mounts: Mount[],
  command: string[],
  settings: Record<string, string> = {},
): Program {
  const volumes = mounts.flatMap(([from, to]) => ['-v', `${from}:${to}`]);
  const env = Object.entries(settings).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
  const id = layout.root.replaceAll(/[^a-zA-Z0-9]+/g, '-').slice(-40);
  return {
    name,
    command: 'docker',
    args: [
      'run',
      '--rm',
      '--init',
      '--name',
      `kubus${id}-${name}`,
      '--network',
      'host',
      ...volumes,
      ...env,
      image,
      ...command,
    ],
    env: inherited(),
  };
}

/** The services, in the order in which they are started. */
export function servicePrograms(layout: Layout, record: ClusterRecord, replicas: Replicas): Program[] {
  const programs: Program[] = [];
  const add = (service: string, count: number, more: (index: number) => Record<string, string>) => {
    for (let i = 1; i <= count; i++) {
      const name = i === 1 ? service : `${service}-${i}`;
      programs.push(serviceProgram(name, service, { ...commonEnvironment(layout, record, service), ...more(i) }));
    }
  };
  add('api', replicas.api, (i) => ({
    KUBUS_API_LISTEN: `127.0.0.1:${record.apiPort + i - 1}`,
    KUBUS_API_ADVERTISE: `https://127.0.0.1:${record.apiPort}`,
  }));
  add('scheduler', replicas.scheduler, () => ({}));
  add('controller-manager', replicas.controllerManager, () => ({}));
  return [...programs, ...agentPrograms(layout, record)];
}

function agentPrograms(layout: Layout, record: ClusterRecord): Program[] {
  const common = commonEnvironment(layout, record, 'node-agent');
  if (record.runtime === 'sim') {
    const sim = {
      KUBUS_RUNTIME: 'sim',
      KUBUS_SIM_NODES: `${record.nodes}`,
      KUBUS_NODE_NAME: 'node',
      KUBUS_AGENT_DIR: join(layout.agents, 'sim'),
    };
    return [serviceProgram('node-agent', 'node-agent', { ...common, ...sim })];
  }
  const socket = dockerSocket();
  return Array.from({ length: record.nodes }, (_, i) => {
    const name = nodeName(i + 1);
    return serviceProgram(name, 'node-agent', {
      ...ownMachine,
      ...common,
      KUBUS_RUNTIME: 'docker',
      KUBUS_NODE_NAME: name,
      KUBUS_AGENT_DIR: join(layout.agents, name),
      ...(socket === undefined ? {} : { KUBUS_DOCKER_SOCKET: socket }),
    });
  });
}

/** Somebody's own machine, whose disk may be full for years: no pod is evicted and no image removed for that. */
const ownMachine = { KUBUS_EVICTION_HARD: 'memory.available<100Mi', KUBUS_IMAGE_GC_HIGH_PERCENT: '100' };

function commonEnvironment(layout: Layout, record: ClusterRecord, service: string): Record<string, string> {
  return {
    ...inherited(),
    KUBUS_STATE_DIR: join(layout.state, 'services', service),
    KUBUS_CLUSTER: record.name,
    // What the bootstrap has just written is right.
    KUBUS_REDIS_ADDRESS: '',
    NATS_URL: process.env['NATS_URL'] ?? `nats://127.0.0.1:${record.natsPort}`,
    NODE_COMPILE_CACHE: compileCache,
  };
}

/**
 * What a service may see of our environment: where programs are, the locale, options of Node.js and KUBUS_ settings; nothing else, so that a secret in the
 * user's shell does not travel into services.
 */
function inherited(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      (['PATH', 'HOME', 'LANG', 'TZ', 'NODE_OPTIONS', 'DOCKER_HOST', 'REDIS_URL'].includes(entry[0]) ||
        entry[0].startsWith('KUBUS_')),
  );
  return Object.fromEntries(kept);
}

const nodeFlags = ['--disable-warning=ExperimentalWarning'];

function serviceProgram(name: string, service: string, env: Record<string, string>): Program {
  return { name, command: process.execPath, args: [...nodeFlags, join(services, service, 'src', 'main.ts')], env };
}

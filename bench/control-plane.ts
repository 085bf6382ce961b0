import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ClusterRecord,
  type Connection,
  connectToCluster,
  createFolders,
  fillCompileCache,
  type Layout,
  layoutOf,
  natsProgram,
  type Program,
  prepareState,
  redisProgram,
  reservePorts,
  Supervisor,
  servicePrograms,
  writeRecord,
} from '@kubus/cli';
import { eventually } from '@kubus/testkit';

const redis = { kind: 'path', command: 'redis-server' } as const;

/** Redis, NATS and some of the services, as `kubus up` starts them. */
export interface ControlPlane {
  layout: Layout;
  record: ClusterRecord;
  connection: Connection;
  pid(program: string): number | undefined;
  /** Starts schedulers beside what runs. */
  startSchedulers(count: number): Promise<void>;
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Instances of each service; absent services are not started. */
  api?: number;
  scheduler?: number;
  controllerManager?: number;
  /** Simulated nodes in one process. */
  simNodes?: number;
  env?: Record<string, string>;
}

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const layout = layoutOf(await mkdtemp(join(tmpdir(), 'kubus-bench-')));
  await createFolders(layout);
  // Two that begin at the same time do not try the same ports.
  const ports = 20_000 + (process.pid % 2_000) * 6;
  const record: ClusterRecord = {
    name: 'bench',
    apiPort: await reservePorts(ports),
    redisPort: await reservePorts(ports + 2),
    natsPort: await reservePorts(ports + 4),
    runtime: 'sim',
    nodes: options.simNodes ?? 0,
  };
  await Promise.all([prepareState(layout, record, redis), fillCompileCache()]);
  await writeRecord(layout, record);
  const supervisor = new Supervisor(layout, (message) => process.stderr.write(`${message}\n`));
  const programs = chosenPrograms(layout, record, options);
  for (const program of programs) await supervisor.start(program);
  const connection = await connectToCluster(layout, { wait: true });
  const services = programs.length - 2;
  await eventually(async () => {
    const ready = (await connection.health(200)).filter((report) => report.ready);
    if (ready.length < services)
      throw new Error(`${ready.length} of ${services} services are ready; see ${layout.logs}`);
  }, 180_000);
  return {
    layout,
    record,
    connection,
    pid: (program) => supervisor.pid(program),
    startSchedulers: async (count) => {
      const added = servicePrograms(layout, record, { api: 0, scheduler: count, controllerManager: 0 });
      for (const program of added.filter(({ name }) => name.startsWith('scheduler'))) {
        programs.push(program);
        await supervisor.start(program);
      }
    },
    stop: async () => {
      await connection.close();
      for (const program of programs.toReversed()) await supervisor.stop(program.name);
      await rm(layout.root, { recursive: true, force: true });
    },
  };
}

/** A namespace takes pods once its service account is there: a moment after the cluster's start, which is not what is measured. */
export async function untilPodsAreTaken({ api }: Connection, namespace: string): Promise<void> {
  const request = { group: '', version: 'v1', resource: 'serviceaccounts', namespace, name: 'default' };
  await eventually(() => api.request({ ...request, verb: 'get' }), 60_000);
}

function chosenPrograms(layout: Layout, record: ClusterRecord, options: ControlPlaneOptions): Program[] {
  const replicas = {
    api: options.api ?? 0,
    scheduler: options.scheduler ?? 0,
    controllerManager: options.controllerManager ?? 0,
  };
  const services = servicePrograms(layout, record, replicas)
    .filter((program) => record.nodes > 0 || program.name !== 'node-agent')
    .map((program) => ({ ...program, env: { ...program.env, ...profiling(program.name), ...options.env } }));
  return [
    redisProgram(layout, record, redis),
    natsProgram(layout, { kind: 'path', command: process.env['KUBUS_NATS_SERVER'] ?? 'nats-server' }),
    ...services,
  ];
}

/** With KUBUS_BENCH_PROFILES=<folder> each service leaves a CPU profile there, in a folder of its name, when it stops. */
function profiling(service: string): Record<string, string> {
  const folder = process.env['KUBUS_BENCH_PROFILES'];
  return folder === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${join(folder, service)}` };
}

/** Client certificate, key and authority of the cluster's administrator, PEM. */
export async function adminTls(layout: Layout): Promise<{ ca: string; cert: string; key: string }> {
  const config = JSON.parse(await readFile(layout.kubeconfig, 'utf8')) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  };
  const text = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64').toString();
  return {
    ca: text(config.clusters[0]?.cluster['certificate-authority-data']),
    cert: text(config.users[0]?.user['client-certificate-data']),
    key: text(config.users[0]?.user['client-key-data']),
  };
}

/** A ConfigMap whose JSON is about 1.5 KB. */
export function sampleConfigMap(name: string) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: 'default',
      labels: { app: 'bench', tier: 'backend' },
      annotations: { purpose: 'measure' },
    },
    data: { 'app.conf': 'x'.repeat(600), 'log.conf': 'y'.repeat(500) },
  };
}

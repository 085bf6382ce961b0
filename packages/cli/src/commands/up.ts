import { rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parse, UsageError, wholeNumber } from '../arguments.ts';
import { prepareState } from '../cluster/bootstrap.ts';
import { fillCompileCache } from '../cluster/compile-cache.ts';
import {
  type ClusterRecord,
  createFolders,
  type Layout,
  layoutOf,
  readRecord,
  writeRecord,
} from '../cluster/layout.ts';
import { reserveAgain, reservePorts } from '../cluster/ports.ts';
import { MissingPrerequisite, natsNeed, provideDocker, provideServer, redisNeed } from '../cluster/prerequisites.ts';
import { natsProgram, type Replicas, redisProgram, servicePrograms } from '../cluster/programs.ts';
import type { Progress } from '../cluster/progress.ts';
import { waitUntilReady } from '../cluster/readiness.ts';
import { endLeftovers, livingPid, processStart, Supervisor } from '../cluster/supervisor.ts';
import type { Command } from './index.ts';

const ownPid = 'kubus.pid';

/** `kubus up`: starts the cluster, or continues one from its state, and stays until it is interrupted. */
export const up: Command = {
  summary: 'start or continue the local cluster',
  usage:
    'kubus up [--runtime docker|sim] [--nodes N] [--api N] [--scheduler N] [--controller-manager N] [--api-port P] [--dir DIR]',
  async run(args, { progress }) {
    const { values } = parse(args, {
      dir: { type: 'string', default: '.kubus' },
      runtime: { type: 'string' },
      nodes: { type: 'string' },
      'api-port': { type: 'string', default: '6443' },
      api: { type: 'string', default: '1' },
      scheduler: { type: 'string', default: '1' },
      'controller-manager': { type: 'string', default: '1' },
    });
    const replicas: Replicas = {
      api: wholeNumber('api', values.api, 1, 20),
      scheduler: wholeNumber('scheduler', values.scheduler, 1, 20),
      controllerManager: wholeNumber('controller-manager', values['controller-manager'], 1, 20),
    };
    const layout = layoutOf(resolve(values.dir));
    await createFolders(layout);
    if ((await livingPid(join(layout.run, ownPid))) !== undefined) {
      progress.line('The cluster is already running.');
      progress.line(nextSteps(layout));
      return 0;
    }
    const record = await settle(layout, values, replicas.api);
    return start(layout, record, replicas, progress);
  },
};

/** Decides ports, runtime and number of nodes: as before, unless asked otherwise. */
async function settle(
  layout: Layout,
  values: { runtime?: string | undefined; nodes?: string | undefined; 'api-port': string },
  apis: number,
): Promise<ClusterRecord> {
  const former = await readRecord(layout);
  const runtime = values.runtime ?? former?.runtime ?? 'docker';
  if (runtime !== 'docker' && runtime !== 'sim') throw new UsageError(`--runtime is docker or sim, not '${runtime}'`);
  const nodes = values.nodes === undefined ? (former?.nodes ?? 2) : wholeNumber('nodes', values.nodes, 1, 10_000);
  if (former !== undefined) {
    await reserveFormer(former, apis);
    return { ...former, runtime, nodes };
  }
  const apiPort = await reservePorts(wholeNumber('api-port', values['api-port'], 1, 65_335), apis);
  return {
    name: `${
      basename(layout.root)
        .replaceAll(/[^a-z0-9-]/gi, '')
        .toLowerCase() || 'kubus'
    }-${apiPort}`,
    apiPort,
    redisPort: await reservePorts(16_379),
    natsPort: await reservePorts(14_222),
    runtime,
    nodes,
  };
}

/** The ports stand in certificates, and in what users have copied: they stay. */
async function reserveFormer({ apiPort, redisPort, natsPort }: ClusterRecord, apis: number): Promise<void> {
  for (const [port, count] of [[apiPort, apis] as const, [redisPort, 1] as const, [natsPort, 1] as const]) {
    if (!(await reserveAgain(port, count)))
      throw new MissingPrerequisite(`another cluster that is running has port ${port} of this one; stop it first`);
  }
}

async function start(layout: Layout, record: ClusterRecord, replicas: Replicas, progress: Progress): Promise<number> {
  progress.line(`Kubus: starting a cluster in ${layout.root}`);
  if (record.runtime === 'docker') await provideDocker(progress.line, join(layout.logs, 'dockerd.log'));
  const redis = process.env['REDIS_URL'] === undefined ? await provideServer(redisNeed, progress.line) : undefined;
  const nats = process.env['NATS_URL'] === undefined ? await provideServer(natsNeed, progress.line) : undefined;
  const leftovers = await endLeftovers(layout, ownPid);
  if (leftovers.length > 0) progress.line(`  ended what an earlier start left running: ${leftovers.join(', ')}`);

  const supervisor = new Supervisor(layout, (message) => progress.line(`  ! ${message}`));
  const interrupted = interruption();
  await writeFile(join(layout.run, ownPid), `${process.pid} ${processStart(process.pid)}\n`);
  const started: string[] = [];
  const bringUp = async () => {
    const secrets = progress.step('certificates, credentials, configuration, compiled modules');
    await Promise.all([prepareState(layout, record), fillCompileCache()]);
    await writeRecord(layout, record);
    secrets();
    const programs = [
      ...(redis === undefined ? [] : [redisProgram(layout, record, redis)]),
      ...(nats === undefined ? [] : [natsProgram(layout, nats)]),
      ...servicePrograms(layout, record, replicas),
    ];
    for (const program of programs) {
      if (interrupted.done) return;
      started.push(program.name);
      await supervisor.start(program);
    }
    await waitUntilReady(layout, record, replicas, progress);
  };
  try {
    await Promise.race([bringUp(), interrupted]);
    if (!interrupted.done) {
      progress.line(`\nThe cluster is ready.\n${nextSteps(layout)}`);
      await interrupted;
    }
    return 0;
  } finally {
    progress.line('\nStopping; pods keep running and are adopted by the next start (kubus down --purge removes them).');
    // The services together, then the servers they speak to, so that each can say its last word.
    const isServer = (name: string) => name === 'redis' || name === 'nats';
    await Promise.all(started.filter((name) => !isServer(name)).map((name) => supervisor.stop(name)));
    await Promise.all(started.filter(isServer).map((name) => supervisor.stop(name)));
    await rm(join(layout.run, ownPid), { force: true });
  }
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
function interruption(): Promise<void> & { done?: boolean } {
  const promise: Promise<void> & { done?: boolean } = new Promise<void>((done) => {
    const stop = () => {
      if (promise.done) process.exit(130);
      promise.done = true;
      done();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
  return promise;
}

function nextSteps(layout: Layout): string {
  return [
    '',
    'In another terminal:',
    `  export KUBECONFIG=${layout.kubeconfig}`,
    '  kubectl apply -f examples/web.yaml',
    '  kubectl get pods -o wide',
    'Or publish the same manifest on the bus:',
    '  npx kubus publish -f examples/web.yaml --set default.web',
    `Logs of the services: ${layout.logs}`,
    'Ctrl-C stops the services and leaves the pods running.',
  ].join('\n');
}

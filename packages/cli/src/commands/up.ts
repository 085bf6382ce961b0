import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse, wholeNumber } from '../arguments.ts';
import { prepareState } from '../cluster/bootstrap.ts';
import { fillCompileCache } from '../cluster/compile-cache.ts';
import { provideDescriptions } from '../cluster/descriptions.ts';
import { type ClusterRecord, createFolders, type Layout, layoutOf, writeRecord } from '../cluster/layout.ts';
import { natsNeed, provideDocker, provideServer, redisNeed, type ServerProgram } from '../cluster/prerequisites.ts';
import { natsProgram, type Replicas, redisProgram, servicePrograms } from '../cluster/programs.ts';
import type { Progress } from '../cluster/progress.ts';
import { waitUntilReady } from '../cluster/readiness.ts';
import { checkPorts, planStart, type StartPlan, settlePorts } from '../cluster/settle.ts';
import { stopWaves } from '../cluster/stop-waves.ts';
import { claimPidFile, endLeftovers, livingPid, Supervisor } from '../cluster/supervisor.ts';
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
    if ((await livingPid(join(layout.run, ownPid))) !== undefined) return alreadyRunning(layout, progress);
    return start(layout, await planStart(layout, values), replicas, progress);
  },
};

function alreadyRunning(layout: Layout, progress: Progress): number {
  progress.line('The cluster is already running.');
  progress.line(nextSteps(layout));
  return 0;
}

async function start(layout: Layout, plan: StartPlan, replicas: Replicas, progress: Progress): Promise<number> {
  progress.line(`Kubus: starting a cluster in ${layout.root}`);
  if (plan.runtime === 'docker') await provideDocker(progress.line, join(layout.logs, 'dockerd.log'));
  const redis = process.env['REDIS_URL'] === undefined ? await provideServer(redisNeed, progress.line) : undefined;
  const nats = process.env['NATS_URL'] === undefined ? await provideServer(natsNeed, progress.line) : undefined;
  await provideDescriptions();
  await createFolders(layout);
  // Before the ports: of two starts at once the second must meet the first one itself, not the ports that it has reserved.
  const pidFile = join(layout.run, ownPid);
  if (!(await claimPidFile(pidFile))) return alreadyRunning(layout, progress);
  try {
    const record = await settlePorts(layout, plan, replicas.api);
    return await run(layout, record, { redis, nats }, replicas, progress);
  } finally {
    await rm(pidFile, { force: true });
  }
}

/** Undefined: a server that runs elsewhere. */
interface Servers {
  redis: ServerProgram | undefined;
  nats: ServerProgram | undefined;
}

async function run(
  layout: Layout,
  record: ClusterRecord,
  { redis, nats }: Servers,
  replicas: Replicas,
  progress: Progress,
): Promise<number> {
  const leftovers = await endLeftovers(layout, ownPid);
  if (leftovers.length > 0) progress.line(`  ended what an earlier start left running: ${leftovers.join(', ')}`);

  await checkPorts([
    ...(redis === undefined ? [] : [['Redis', record.redisPort] as const]),
    ...(nats === undefined ? [] : [['NATS', record.natsPort] as const]),
    ...Array.from({ length: replicas.api }, (_, i) => ['an api', record.apiPort + i] as const),
  ]);
  const supervisor = new Supervisor(layout, (message) => progress.line(`  ! ${message}`));
  const interrupted = interruption(() => supervisor.kill());
  const started: string[] = [];
  const bringUp = async () => {
    const secrets = progress.step('certificates, credentials, configuration, compiled modules');
    // Before anything that is to be removed with the cluster.
    await writeRecord(layout, record);
    await Promise.all([prepareState(layout, record, redis), fillCompileCache()]);
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
    if (started.length > 0)
      progress.line(
        '\nStopping; pods keep running and are adopted by the next start (kubus down --purge removes them).',
      );
    for (const wave of stopWaves(started)) await Promise.all(wave.map((name) => supervisor.stop(name)));
  }
}

/** Resolves at the first SIGINT, SIGTERM, or end of the terminal; a second one calls `atOnce` and ends the process. */
function interruption(atOnce: () => void): Promise<void> & { done?: boolean } {
  const promise: Promise<void> & { done?: boolean } = new Promise<void>((done) => {
    const stop = () => {
      if (promise.done) {
        atOnce();
        process.exit(130);
      }
      promise.done = true;
      done();
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    process.on('SIGHUP', stop);
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

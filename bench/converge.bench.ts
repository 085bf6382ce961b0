import { must, startCluster, startSecondEngine } from '../e2e/harness/index.ts';
import type { Benchmark, Figure } from './harness.ts';

const image = 'busybox:1.36';
const rows = ['create 30', 'scale to 60', 'replace a killed container', 'rolling update of 60', 'delete'] as const;
type Row = (typeof rows)[number];

/** What both systems are asked to do; `running` counts by Docker itself, so both are seen through the same eyes. */
interface Contender {
  name: string;
  create(replicas: number): Promise<unknown>;
  scale(replicas: number): Promise<unknown>;
  update(version: string): Promise<unknown>;
  remove(): Promise<unknown>;
  /** Ids of running workload containers, of one version or all. */
  running(version?: string): Promise<string[]>;
  kill(id: string): Promise<unknown>;
  /** Containers of any state that are left. */
  left(): Promise<string[]>;
}

export default {
  name: 'converge',
  about:
    'a Deployment of 30 replicas on Docker beside a Docker Swarm service on a second engine; seconds until Docker shows the state asked for',
  async run(say) {
    const cluster = await startCluster();
    const engine = await startSecondEngine('kubus-swarm', [image]);
    try {
      await engine.docker('swarm', 'init', '--advertise-addr', '10.213.0.1');
      const swarm = await measure(
        swarmContender((...args) => engine.docker(...args)),
        say,
      );
      const kubus = await measure(
        kubusContender(cluster.name, (args, input) => cluster.tryKubectl(args, { input: input ?? '' })),
        say,
      );
      return rows.map((row): Figure => {
        const value = kubus.get(row) ?? Number.NaN;
        const peer = swarm.get(row) ?? Number.NaN;
        return {
          what: row,
          value,
          unit: 's',
          beside: { what: 'Swarm', value: peer },
          target: 'faster than Swarm',
          reached: value < peer,
        };
      });
    } finally {
      await engine.stop();
      await cluster.destroy();
    }
  },
} satisfies Benchmark;

async function measure(contender: Contender, say: (line: string) => void): Promise<Map<Row, number>> {
  const result = new Map<Row, number>();
  const time = async (row: Row, act: () => Promise<unknown>, reached: () => Promise<boolean>) => {
    const started = performance.now();
    await act();
    while (!(await reached())) {
      if (performance.now() - started > 300_000) throw new Error(`${contender.name}: ${row} did not come to an end`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    result.set(row, (performance.now() - started) / 1000);
    say(`${contender.name}: ${row} ${result.get(row)?.toFixed(1)} s`);
  };
  await time(
    'create 30',
    () => contender.create(30),
    async () => (await contender.running()).length === 30,
  );
  await time(
    'scale to 60',
    () => contender.scale(60),
    async () => (await contender.running()).length === 60,
  );
  const before = new Set(await contender.running());
  const [victim = ''] = before;
  await time(
    'replace a killed container',
    () => contender.kill(victim),
    async () => {
      const now = await contender.running();
      return now.length === 60 && !now.includes(victim);
    },
  );
  await time(
    'rolling update of 60',
    () => contender.update('two'),
    async () => {
      const updated = await contender.running('two');
      return updated.length === 60 && (await contender.running()).length === 60;
    },
  );
  await time(
    'delete',
    () => contender.remove(),
    async () => (await contender.left()).length === 0,
  );
  return result;
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '');

function kubusContender(
  clusterName: string,
  kubectl: (args: string[], input?: string) => Promise<{ code: number; stderr: string }>,
): Contender {
  const ps = async (...filters: string[]) =>
    lines(
      await must('docker', ['ps', '-q', '--no-trunc', '--filter', `label=kubus.io/cluster=${clusterName}`, ...filters]),
    );
  const apply = async (replicas: number, version: string) => {
    const answer = await kubectl(['apply', '-f', '-'], JSON.stringify(deployment(replicas, version)));
    if (answer.code !== 0) throw new Error(answer.stderr);
  };
  const container = (version: string) => ['--filter', `label=kubus.io/container=${version}`];
  let replicas = 0;
  return {
    name: 'Kubus',
    create: (count) => {
      replicas = count;
      return apply(count, 'one');
    },
    scale: (count) => {
      replicas = count;
      return kubectl(['scale', 'deploy/bench', `--replicas=${count}`]);
    },
    update: (version) => apply(replicas, version),
    remove: () => kubectl(['delete', 'deploy/bench']),
    running: async (version) =>
      version === undefined
        ? [...(await ps(...container('one'))), ...(await ps(...container('two')))]
        : ps(...container(version)),
    kill: (id) => must('docker', ['kill', id]),
    left: () => ps('-a'),
  };
}

/** The container's name carries the version, so that `docker ps` can tell old from new. */
const deployment = (replicas: number, version: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'bench' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'bench' } },
    template: {
      metadata: { labels: { app: 'bench' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: version, image, command: ['sleep', '100000'], resources: { requests: { cpu: '1m' } } }],
      },
    },
  },
});

function swarmContender(docker: (...args: string[]) => Promise<string>): Contender {
  const ps = async (...filters: string[]) =>
    lines(await docker('ps', '-q', '--no-trunc', '--filter', 'label=com.docker.swarm.service.name=bench', ...filters));
  return {
    name: 'Swarm',
    // As a Deployment by default: a quarter at a time, new before old.
    create: (count) =>
      docker(
        ...[
          'service',
          'create',
          '--detach',
          '--name',
          'bench',
          '--replicas',
          `${count}`,
          '--stop-grace-period',
          '1s',
          '--restart-delay',
          '0s',
        ],
        ...[
          '--update-parallelism',
          '15',
          '--update-order',
          'start-first',
          '--update-monitor',
          '1s',
          '--container-label',
          'version=one',
        ],
        ...['--no-resolve-image', image, 'sleep', '100000'],
      ),
    scale: (count) => docker('service', 'scale', '--detach', `bench=${count}`),
    update: (version) =>
      docker(
        'service',
        'update',
        '--detach',
        '--no-resolve-image',
        '--container-label-add',
        `version=${version}`,
        'bench',
      ),
    remove: () => docker('service', 'rm', 'bench'),
    running: (version) => ps(...(version === undefined ? [] : ['--filter', `label=version=${version}`])),
    kill: (id) => docker('kill', id),
    left: () => ps('-a'),
  };
}

import Docker from 'dockerode';
import type { Cluster, SecondEngine } from '../e2e/harness/index.ts';

export const image = 'busybox:1.36';

/** What both systems are asked to do, by their own command lines. */
export interface Contender {
  name: string;
  create(replicas: number): Promise<unknown>;
  scale(replicas: number): Promise<unknown>;
  update(version: string): Promise<unknown>;
  remove(): Promise<unknown>;
  kill(id: string): Promise<unknown>;
  /** Workload containers that run, each with its version; one question to the engine, the same for both. */
  running(): Promise<{ id: string; version: string | undefined }[]>;
  /** Containers of any state that are left. */
  left(): Promise<number>;
}

export function kubusContender(cluster: Cluster, engine: SecondEngine): Contender {
  const docker = clientOf(engine);
  const own = `kubus.io/cluster=${cluster.name}`;
  const kubectl = async (args: string[], input = '') => {
    const answer = await cluster.tryKubectl(args, { input });
    if (answer.code !== 0) throw new Error(answer.stderr);
  };
  const apply = (replicas: number, version: string) =>
    kubectl(['apply', '-f', '-'], JSON.stringify(deployment(replicas, version)));
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
    kill: (id) => engine.docker('kill', id),
    // Without the sandboxes.
    running: () => runningWith(docker, [own, 'kubus.io/container'], 'kubus.io/container'),
    left: () => count(docker, own),
  };
}

/** The container's name carries the version, so that Docker's labels tell old from new. */
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

/**
 * Swarm as near to a Deployment by default as its options go. An update of a Deployment may have a quarter more and a quarter fewer than asked for, so it replaces
 * up to half at once; Swarm knows one or the other: a quarter more at a time, new before old. Swarm keeps what
 * has ended as the history of its tasks, and has its removal left to do when the service is deleted.
 */
const swarmOptions = {
  '--stop-grace-period': '1s',
  '--restart-delay': '0s',
  '--update-parallelism': '15',
  '--update-order': 'start-first',
  '--update-monitor': '1s',
  '--container-label': 'version=one',
};

export function swarmContender(engine: SecondEngine): Contender {
  const docker = clientOf(engine);
  const own = 'com.docker.swarm.service.name=bench';
  const service = (action: string, ...args: string[]) => engine.docker('service', action, ...args);
  const options = Object.entries(swarmOptions).flat();
  const detached = ['--detach', '--no-resolve-image'];
  return {
    name: 'Swarm',
    create: (count) =>
      service(
        'create',
        ...[...detached, '--name', 'bench', '--replicas', `${count}`, ...options],
        ...[image, 'sleep', '100000'],
      ),
    scale: (count) => service('scale', '--detach', `bench=${count}`),
    update: (version) => service('update', ...detached, '--container-label-add', `version=${version}`, 'bench'),
    remove: () => service('rm', 'bench'),
    kill: (id) => engine.docker('kill', id),
    running: () => runningWith(docker, [own], 'version'),
    left: () => count(docker, own),
  };
}

const clientOf = ({ host }: SecondEngine) => new Docker({ socketPath: host.replace('unix://', '') });

async function runningWith(docker: Docker, labels: string[], version: string) {
  const listed = await docker.listContainers({ filters: { label: labels } });
  return listed.map(({ Id, Labels }) => ({ id: Id, version: Labels[version] }));
}

async function count(docker: Docker, label: string): Promise<number> {
  return (await docker.listContainers({ all: true, filters: { label: [label] } })).length;
}

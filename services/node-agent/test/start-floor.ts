import type { Pod } from '@kubus/shared/schema';
import Docker from 'dockerode';
import { DockerRuntime } from '../src/runtime/docker/docker-runtime.ts';
import { FakeApi } from './fake-api.ts';
import { buildPod, container, silent, startRig } from './rig.ts';
import { tempVolumes } from './temp-volumes.ts';

/** Starts pods of one container; gives back how long each took in milliseconds, and how long all took. */
export interface PodStarter {
  start(count: number): Promise<{ each: number[]; all: number }>;
  close(): Promise<void>;
}

const image = 'busybox:1.36';
const command = ['sleep', '3600'];

/** The two containers of a pod by bare calls to the engine: what nothing can be faster than. `parallel` pods at once. */
export function bareDocker(parallel: number): PodStarter {
  const docker = new Docker();
  const label = `kubus-bench-floor-${process.pid}-${parallel}`;
  const network = docker.createNetwork({ Name: label, Driver: 'bridge', Labels: { [label]: '' } });
  const made = async (options: Docker.ContainerCreateOptions) => {
    const created = await docker.createContainer({ ...options, Image: image, Cmd: command, Labels: { [label]: '' } });
    await created.start();
    return created.id;
  };
  const clear = async () => {
    const left = await docker.listContainers({ all: true, filters: { label: [label] } });
    await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true })));
  };
  return {
    start: async (count) => {
      const { id } = await network;
      let next = 0;
      const each: number[] = [];
      const began = performance.now();
      const lane = async () => {
        while (next++ < count) {
          const from = performance.now();
          const sandbox = await made({
            HostConfig: { NetworkMode: id, IpcMode: 'shareable', LogConfig: { Type: 'none', Config: {} } },
          });
          const mode = `container:${sandbox}`;
          await made({ HostConfig: { NetworkMode: mode, IpcMode: mode } });
          each.push(performance.now() - from);
        }
      };
      await Promise.all(Array.from({ length: Math.min(parallel, count) }, lane));
      const all = performance.now() - began;
      await clear();
      return { each, all };
    },
    close: async () => {
      await clear();
      await removeNetwork(docker, label);
    },
  };
}

/** What pods of applications mount: a ConfigMap, a Secret, and the token that each is given. */
export const usualVolumes: NonNullable<NonNullable<Pod['spec']>['volumes']> = [
  { name: 'conf', configMap: { name: 'bench', defaultMode: 0o644 } },
  { name: 'key', secret: { secretName: 'bench', defaultMode: 0o644 } },
  {
    name: 'token',
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
        { configMap: { name: 'bench', items: [{ key: 'a', path: 'ca.crt' }] } },
      ],
    },
  },
];
export const usualMounts = usualVolumes.map(({ name }) => ({ name, mountPath: `/volumes/${name}` }));
export const benchConfig = [
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'bench' }, data: { a: 'x'.repeat(1_500), b: '2' } },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'bench' }, data: { password: 'c2VzYW0=' } },
] as const;

/** The agent alone: from a pod that its informer shows to the status Running that it reports. */
export async function agentOnDocker(parallel: number, withVolumes = false): Promise<PodStarter> {
  const docker = new Docker();
  const scope = { cluster: `bench-${process.pid}-${withVolumes ? 'volumes' : 'plain'}`, node: 'n1' };
  const runtime = await DockerRuntime.open({ docker, scope, log: silent });
  const api = new FakeApi();
  for (const object of benchConfig) api.put(object);
  const temp = await tempVolumes(api, { canMount: true });
  const rig = await startRig({ runtime, parallel, api, volumes: temp.volumes });
  const main = { ...container('main', command.join(' ')), image };
  const spec = withVolumes
    ? { volumes: usualVolumes, containers: [{ ...main, volumeMounts: usualMounts }] }
    : { containers: [main] };
  let pods = 0;
  const run = async () => {
    const name = `bench-${++pods}`;
    const from = performance.now();
    const running = new Promise<number>((resolve) => {
      const stop = rig.api.informer().onChange(({ object }) => {
        if (object.metadata.name !== name || object.status?.phase !== 'Running') return;
        stop();
        resolve(performance.now() - from);
      });
    });
    rig.api.create(buildPod(name, spec));
    return { name, took: await running };
  };
  return {
    start: async (count) => {
      const began = performance.now();
      const done = await Promise.all(Array.from({ length: count }, run));
      const all = performance.now() - began;
      for (const { name } of done) rig.api.remove(name, 0);
      while ((await runtime.containers()).length > 0) await new Promise((resolve) => setTimeout(resolve, 100));
      return { each: done.map(({ took }) => took), all };
    },
    close: async () => {
      await rig.stop();
      await temp.remove();
      for (const { id } of await runtime.containers()) await runtime.remove(id);
      await removeNetwork(docker, `kubus-${scope.cluster}`);
    },
  };
}

/** Docker 20.10 sometimes miscounts the endpoints of a network, and then does not remove it until the daemon is restarted. */
async function removeNetwork(docker: Docker, name: string): Promise<void> {
  for (const network of await docker.listNetworks()) {
    if (network.Name !== name) continue;
    await docker
      .getNetwork(network.Id)
      .remove()
      .catch(() => undefined);
  }
}

import { randomUUID } from 'node:crypto';
import type { Logger } from '@kubus/shared/telemetry';
import type Docker from 'dockerode';
import { accepted } from './calls.ts';
import { sandboxOptions } from './create-options.ts';
import { type ContainerProcess, processOf } from './details.ts';
import { joinNetwork } from './join-network.ts';
import { label, type NodeScope } from './labels.ts';
import { ownContainer } from './own-containers.ts';
import { type PodNetwork, podNetworks } from './pod-network/index.ts';
import { provideSandboxImage } from './sandbox-image.ts';

/** The network of the pods, and the image of sandboxes that make their own namespace. */
export interface OpenNetwork {
  pods: PodNetwork;
  unsharingImage: string;
}

export interface NetworkContext {
  architecture: string;
  /** Of ordinary sandboxes. */
  image: string;
  scope: NodeScope;
  log: Logger;
}

/** Picks the best network that works here, by trying it with a sandbox, and removes sandboxes that an agent which died has left unconnected. */
export async function openPodNetwork(docker: Docker, context: NetworkContext): Promise<OpenNetwork> {
  const { architecture, scope, log } = context;
  const [id, networks] = await podNetworks(docker, scope.cluster);
  const unsharingImage = await provideSandboxImage(docker, architecture, 'unshares');
  await joinNetwork(docker, id, log).catch((err: unknown) =>
    log.warn({ err }, 'The network of the pods could not be joined: probes over the network may fail'),
  );
  // Of agents that begin at the same time one may remove the network that another has begun with, which then takes the one that stays.
  for (const pods of networks.slice(0, -1).flatMap((each) => [each, each])) {
    try {
      await tryOut(docker, pods, unsharingImage, scope);
      await removeUnconnected(docker, pods, scope);
      return { pods, unsharingImage };
    } catch (err) {
      log.info({ err }, 'The agent cannot connect pods itself: the engine does');
    }
  }
  return { pods: networks.at(-1) as PodNetwork, unsharingImage };
}

/** Connects a sandbox that runs, unless it is; gives back its process if it had to look for that. */
export async function connectSandbox(
  docker: Docker,
  pods: PodNetwork,
  id: string,
  ips: readonly string[],
): Promise<ContainerProcess | undefined> {
  if (await pods.isConnected(ips)) return undefined;
  const inspected = await accepted(docker.getContainer(id).inspect(), 404);
  const process = inspected === undefined ? undefined : processOf(inspected);
  if (process === undefined) throw new Error('it has ended');
  await pods.connect(ips, process.pid);
  return process;
}

async function tryOut(docker: Docker, pods: PodNetwork, image: string, scope: NodeScope): Promise<void> {
  const pod = { uid: `probe-${randomUUID()}`, name: 'probe', namespace: '' };
  const own = { hostNetwork: false, hostPid: false, hostIpc: false, sharedPid: false };
  const sandbox = { pod, hostname: 'probe', ...own, sysctls: [], ports: [], attempt: 0 };
  const place = await pods.place(sandbox);
  const options = sandboxOptions(sandbox, { image, place, scope, oomFloor: 0 });
  // Not one of the node's pods.
  const probe = await docker.createContainer({ ...options, ...ownContainer('probe', scope) });
  try {
    await probe.start();
    await connectSandbox(docker, pods, probe.id, place.ips);
  } finally {
    await probe.remove({ force: true });
  }
}

async function removeUnconnected(docker: Docker, pods: PodNetwork, scope: NodeScope): Promise<void> {
  const mine = [`${label.cluster}=${scope.cluster}`, `${label.node}=${scope.node}`, label.podIPs];
  for (const { Id, Labels } of await docker.listContainers({ filters: { label: mine } })) {
    const ips = Labels[label.podIPs]?.split(',') ?? [];
    if (!(await pods.isConnected(ips))) await accepted(docker.getContainer(Id).remove({ force: true }), 404, 409);
  }
}

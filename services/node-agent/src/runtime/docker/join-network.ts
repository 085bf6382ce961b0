import { access, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Logger } from '@kubus/shared/telemetry';
import type Docker from 'dockerode';
import { accepted } from './calls.ts';

/**
 * An agent that is itself a container of the engine joins the network of the pods: an engine keeps its networks apart, and probes and port-forwarding
 * speak to pods at their addresses. An agent on the host reaches them through the bridge.
 */
export async function joinNetwork(docker: Docker, network: string, log: Logger): Promise<void> {
  if (!(await inContainer())) return;
  const self = await accepted(docker.getContainer(await ownId()).inspect(), 404, 400);
  // Of another engine, or with its network shared with the host: nothing to join.
  if (self === undefined || self.HostConfig.NetworkMode === 'host') return;
  const joined = Object.values(self.NetworkSettings.Networks).some(({ NetworkID }) => NetworkID === network);
  if (joined) return;
  await accepted(docker.getNetwork(network).connect({ Container: self.Id }), 403, 409);
  log.info({ network }, 'Joined the network of the pods');
}

const inContainer = () =>
  access('/.dockerenv').then(
    () => true,
    () => false,
  );

/** From the paths of the files that the engine mounts into each container; else the host name, which is the id by default. */
async function ownId(): Promise<string> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  return /\/containers\/([0-9a-f]{64})\//.exec(mounts)?.[1] ?? hostname();
}

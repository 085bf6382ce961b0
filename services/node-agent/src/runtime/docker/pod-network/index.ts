import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import type Docker from 'dockerode';
import { provideNetwork } from '../network.ts';
import { upperHalf } from './addresses.ts';
import type { PodNetwork } from './contract.ts';
import { DirectNetwork } from './direct-network.ts';
import { EngineNetwork } from './engine-network.ts';
import type { Bridge } from './links.ts';

export type { PodNetwork, SandboxPlace } from './contract.ts';

/** Id of the engine's network, and the ways to connect pods to it, the better one first; whether it works is for the caller to try. The last one does. */
export async function podNetworks(docker: Docker, cluster: string): Promise<[id: string, PodNetwork[]]> {
  const id = await provideNetwork(docker, cluster);
  const engine = new EngineNetwork(() => provideNetwork(docker, cluster), id);
  const bridge = bridgeOf((await docker.getNetwork(id).inspect()) as NetworkFacts);
  const range = bridge && upperHalf(bridge.subnet);
  const possible = process.getuid?.() === 0 && existsSync(`/sys/class/net/${bridge?.name}`);
  if (bridge === undefined || range === undefined || !possible) return [id, [engine]];
  const provide = () => provideNetwork(docker, cluster, bridge);
  return [id, [new DirectNetwork(engine, provide, { bridge, range }, randomInt(range.count)), engine]];
}

interface NetworkFacts {
  Id: string;
  Driver?: string;
  EnableIPv6?: boolean;
  Options?: Readonly<Record<string, string>> | null;
  IPAM?: { Config?: readonly { Subnet?: string; Gateway?: string }[] | null };
}

/** Undefined for a network that is no plain IPv4 bridge of this engine. */
function bridgeOf({ Id, Driver, EnableIPv6, Options, IPAM }: NetworkFacts): Bridge | undefined {
  const { Subnet, Gateway } = IPAM?.Config?.[0] ?? {};
  if (Driver !== 'bridge' || EnableIPv6 === true || Subnet === undefined || Gateway === undefined) return undefined;
  const name = Options?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`;
  return { name, subnet: Subnet, gateway: Gateway.split('/')[0] ?? '', prefixLength: Number(Subnet.split('/')[1]) };
}

import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import type Docker from 'dockerode';
import { accepted } from '../calls.ts';
import { provideNetwork } from '../network.ts';
import { upperHalf } from './addresses.ts';
import type { PodNetwork } from './contract.ts';
import { DirectNetwork, type Ground } from './direct-network.ts';
import { EngineNetwork } from './engine-network.ts';
import type { Bridge } from './links.ts';

export type { PodNetwork, SandboxPlace } from './contract.ts';

/** Id of the engine's network, and the ways to connect pods to it, the better one first; whether it works is for the caller to try. The last one does. */
export async function podNetworks(docker: Docker, cluster: string): Promise<[id: string, PodNetwork[]]> {
  const facts = await networkOf(docker, cluster);
  const engine = new EngineNetwork(() => provideNetwork(docker, cluster), facts.Id);
  const ground = groundOf(facts);
  const possible = process.getuid?.() === 0 && existsSync(`/sys/class/net/${ground?.bridge.name}`);
  if (ground === undefined || !possible) return [facts.Id, [engine]];
  const provide = async (former: Bridge) => groundOf(await networkOf(docker, cluster, former));
  return [facts.Id, [new DirectNetwork(engine, provide, ground, randomInt(ground.range.count)), engine]];
}

/** Another agent may remove the network while it is looked at, because it uses another one of its name. */
async function networkOf(docker: Docker, cluster: string, former?: Bridge): Promise<NetworkFacts> {
  for (;;) {
    const id = await provideNetwork(docker, cluster, former);
    const facts = await accepted(docker.getNetwork(id).inspect(), 404);
    if (facts !== undefined) return facts as NetworkFacts;
  }
}

function groundOf(facts: NetworkFacts): Ground | undefined {
  const bridge = bridgeOf(facts);
  const range = bridge && upperHalf(bridge.subnet);
  return bridge && range && { bridge, range };
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

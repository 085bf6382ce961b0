import type Docker from 'dockerode';
import { label } from './labels.ts';

/** What a network that is made again has to be like, so that pods which are still connected to its bridge are in it again. */
export interface FormerBridge {
  name: string;
  subnet: string;
  gateway: string;
}

/**
 * The bridge network that the pods of a cluster share on this engine; made when it is missing. Docker lets two agents make networks of one name at
 * the same time: of several, all agents use the one with the smallest id, and the others are removed.
 */
export async function provideNetwork(docker: Docker, cluster: string, former?: FormerBridge): Promise<string> {
  const name = `kubus-${cluster}`;
  const found = async () => {
    const networks = await docker.listNetworks({ filters: { label: [`${label.cluster}=${cluster}`] } });
    return networks.filter((network) => network.Name === name).sort((a, b) => (a.Id < b.Id ? -1 : 1));
  };
  if ((await found()).length === 0) {
    await docker
      .createNetwork({
        Name: name,
        Driver: 'bridge',
        CheckDuplicate: true,
        Labels: { [label.cluster]: cluster },
        ...(former === undefined ? {} : likeFormer(former)),
      })
      .catch((error) => {
        if ((error as { statusCode?: number }).statusCode !== 409) throw error;
      });
  }
  const [network, ...others] = await found();
  if (network === undefined) throw new Error(`the network ${name} could not be made`);
  // Fails while an agent has just begun to use it, which then keeps it.
  for (const other of others)
    await docker
      .getNetwork(other.Id)
      .remove()
      .catch(() => undefined);
  return network.Id;
}

const likeFormer = ({ name, subnet, gateway }: FormerBridge) => ({
  Options: { 'com.docker.network.bridge.name': name },
  IPAM: { Driver: 'default', Config: [{ Subnet: subnet, Gateway: gateway }] },
});

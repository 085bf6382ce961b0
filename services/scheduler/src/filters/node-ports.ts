import type { Filter } from './contract.ts';

/** A port of the host belongs to one pod. */
export const nodePorts: Filter = {
  name: 'NodePorts',
  dependsOn: 'pods',
  relevant({ hostPorts }, nodes) {
    if (hostPorts.length === 0) return undefined;
    return {
      fits(slot) {
        const taken = nodes.ports(slot);
        return taken === undefined || !hostPorts.some((port) => taken.conflicts(port));
      },
      explain: () => ["node(s) didn't have free ports for the requested pod ports"],
      resolvable: () => true,
    };
  },
};

import { requiredNodeAffinity } from '@kubus/shared/object';
import type { Filter } from './contract.ts';

/** nodeSelector and the required part of node affinity; both have to hold. */
export const nodeAffinity: Filter = {
  name: 'NodeAffinity',
  dependsOn: 'node',
  relevant({ pod }, nodes) {
    const matches = pod.spec === undefined ? undefined : requiredNodeAffinity(pod.spec);
    if (matches === undefined) return undefined;
    return {
      fits: (slot) => matches(nodes.node(slot)),
      explain: () => ["node(s) didn't match Pod's node affinity/selector"],
    };
  },
};

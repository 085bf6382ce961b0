import type { Filter } from './contract.ts';

/** A pod that names its node goes there and nowhere else. */
export const nodeName: Filter = {
  name: 'NodeName',
  dependsOn: 'node',
  relevant(pod, nodes) {
    const wanted = pod.pod.spec?.nodeName ?? '';
    if (wanted === '') return undefined;
    return {
      fits: (slot) => nodes.name(slot) === wanted,
      explain: () => ["node(s) didn't match the requested node name"],
    };
  },
};

import { matchesAnyTerm } from '@kubus/shared/object';
import type { Filter } from './contract.ts';

/** nodeSelector and the required part of node affinity; both have to hold. */
export const nodeAffinity: Filter = {
  name: 'NodeAffinity',
  dependsOn: 'node',
  relevant(pod, nodes) {
    const { nodeSelector = {}, affinity } = pod.pod.spec ?? {};
    const selector = Object.entries(nodeSelector);
    const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (selector.length === 0 && required === undefined) return undefined;
    return {
      fits(slot) {
        const node = nodes.node(slot);
        const { labels = {} } = node.metadata;
        return (
          selector.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value) &&
          (required === undefined || matchesAnyTerm(required.nodeSelectorTerms, node))
        );
      },
      explain: () => ["node(s) didn't match Pod's node affinity/selector"],
    };
  },
};

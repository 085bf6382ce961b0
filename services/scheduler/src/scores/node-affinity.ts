import { matchesTerm } from '@kubus/shared/object';
import type { Score } from './contract.ts';

/** Sums the weights of the preferred node affinity terms that hold. */
export const preferredAffinity: Score = {
  name: 'NodeAffinity',
  weight: 2,
  dependsOn: 'node',
  relevant(pod, nodes) {
    const terms = pod.pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    if (terms.length === 0) return undefined;
    return {
      best: 'highest',
      of(slot) {
        const node = nodes.node(slot);
        return terms.reduce((sum, { weight, preference }) => sum + (matchesTerm(preference, node) ? weight : 0), 0);
      },
    };
  },
};

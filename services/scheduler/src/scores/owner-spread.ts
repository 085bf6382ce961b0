import type { Score } from './contract.ts';

/** Spreads the pods of one controller over the nodes, as PodTopologySpread's default constraints do over host names. */
export const ownerSpread: Score = {
  name: 'PodTopologySpread',
  weight: 2,
  dependsOn: 'pods',
  relevant({ owner }, nodes) {
    const counts = owner === undefined ? undefined : nodes.owners.of(owner);
    if (counts === undefined) return undefined;
    return {
      best: 'lowest',
      fill(slots, count, into) {
        for (let i = 0; i < count; i++) into[i] = counts[slots[i] as number] as number;
      },
    };
  },
};

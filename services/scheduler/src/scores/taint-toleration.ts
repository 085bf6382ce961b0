import { tolerates } from '@kubus/shared/object';
import type { Score } from './contract.ts';

/** Avoids nodes with taints of effect PreferNoSchedule that the pod does not tolerate. */
export const softTaints: Score = {
  name: 'TaintToleration',
  weight: 3,
  dependsOn: 'node',
  relevant(pod, nodes) {
    if (!nodes.hasSoftTaints) return undefined;
    const tolerations = (pod.pod.spec?.tolerations ?? []).filter(
      ({ effect }) => !effect || effect === 'PreferNoSchedule',
    );
    return {
      best: 'lowest',
      of: (slot) =>
        (nodes.node(slot).spec?.taints ?? []).filter(
          (taint) => taint.effect === 'PreferNoSchedule' && !tolerates(tolerations, taint),
        ).length,
    };
  },
};

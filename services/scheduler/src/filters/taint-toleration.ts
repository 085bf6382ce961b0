import { tolerates } from '@kubus/shared/object';
import type { Filter } from './contract.ts';

/** A node with a taint takes only pods that tolerate it; PreferNoSchedule is a matter of scores. */
export const taintToleration: Filter = {
  name: 'TaintToleration',
  dependsOn: 'node',
  relevant(pod, nodes) {
    const tolerations = pod.pod.spec?.tolerations ?? [];
    return {
      fits: (slot) =>
        (nodes.node(slot).spec?.taints ?? []).every(
          (taint) => taint.effect === 'PreferNoSchedule' || tolerates(tolerations, taint),
        ),
      explain: () => ['node(s) had untolerated taint(s)'],
    };
  },
};

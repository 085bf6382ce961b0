import { tolerates } from '@kubus/shared/object';
import type { Filter } from './contract.ts';

/** A cordoned node takes no new pods, but those that tolerate the taint that goes with it. */
export const nodeUnschedulable: Filter = {
  name: 'NodeUnschedulable',
  dependsOn: 'node',
  relevant(pod, nodes) {
    const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
    if (tolerates(pod.pod.spec?.tolerations ?? [], cordon)) return undefined;
    return {
      fits: (slot) => nodes.node(slot).spec?.unschedulable !== true,
      explain: () => ['node(s) were unschedulable'],
    };
  },
};

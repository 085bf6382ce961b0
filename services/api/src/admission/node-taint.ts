import type { GroupResource } from '@kubus/shared/object';
import type { Node } from '@kubus/shared/schema';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './contract.ts';

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/**
 * Kubernetes: TaintNodesByCondition. A new node takes no pods until the node lifecycle controller has seen it ready and taken the taint away: a scheduler
 * that is faster than that controller would otherwise fill nodes that cannot run anything.
 */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  concerns: ({ group, resource }: GroupResource, subresource: string, operation: AdmissionOperation) =>
    group === '' && resource === 'nodes' && subresource === '' && operation === 'CREATE',
  admit({ object }: AdmissionRequest): void {
    const node = object as Node;
    const taints = node.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) return;
    node.spec = { ...node.spec, taints: [...taints, { ...notReady }] };
  },
};

import type { KubeObject } from '@kubus/shared/object';
import type { AdmissionOperation, AdmissionPlugin } from './contract.ts';

interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

interface Pod extends KubeObject {
  spec?: {
    tolerations?: Toleration[];
    priorityClassName?: string;
    priority?: number;
    preemptionPolicy?: string;
  };
}

function concernsPods(
  resource: { group: string; resource: string },
  subresource: string,
  operation: AdmissionOperation,
): boolean {
  return resource.group === '' && resource.resource === 'pods' && subresource === '' && operation === 'CREATE';
}

/** How long pods stay on a node that fails; seconds (kube-apiserver: --default-not-ready-toleration-seconds and the like). */
export interface TolerationDefaults {
  notReadySeconds: number;
  unreachableSeconds: number;
}

export const tolerationDefaults: TolerationDefaults = { notReadySeconds: 300, unreachableSeconds: 300 };

/** Every pod stays five minutes on a node that fails, unless it says otherwise (Kubernetes: DefaultTolerationSeconds). */
export const tolerationSeconds = (defaults: TolerationDefaults): AdmissionPlugin => ({
  name: 'DefaultTolerationSeconds',
  concerns: (resource, subresource, operation) =>
    concernsPods(resource, subresource, operation) ||
    (resource.group === '' && resource.resource === 'pods' && subresource === '' && operation === 'UPDATE'),
  admit(request) {
    const { spec } = request.object as Pod;
    if (spec === undefined) return;
    const failures: [string, number][] = [
      ['node.kubernetes.io/not-ready', defaults.notReadySeconds],
      ['node.kubernetes.io/unreachable', defaults.unreachableSeconds],
    ];
    for (const [key, seconds] of failures) {
      const tolerated = (spec.tolerations ?? []).some((toleration) => toleratesNoExecute(toleration, key));
      if (tolerated) continue;
      spec.tolerations = [
        ...(spec.tolerations ?? []),
        { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds },
      ];
    }
  },
});

function toleratesNoExecute(toleration: Toleration, key: string): boolean {
  const effect = toleration.effect ?? '';
  return (toleration.key === key || !toleration.key) && (effect === 'NoExecute' || effect === '');
}

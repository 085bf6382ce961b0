import type { KubeObject } from '@kubus/shared/object';
import type { AdmissionOperation, AdmissionPlugin } from './contract.ts';
import { refusal } from './refuse.ts';

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

/** Priority classes every cluster has (scheduling.k8s.io: system priority classes). */
const systemPriorities: ReadonlyMap<string, number> = new Map([
  ['system-node-critical', 2_000_001_000],
  ['system-cluster-critical', 2_000_000_000],
]);

/** Turns the name of a priority class into its number; without a name it is 0 (Kubernetes: Priority). */
export const podPriority: AdmissionPlugin = {
  name: 'Priority',
  concerns: concernsPods,
  admit(request) {
    const { spec } = request.object as Pod;
    if (spec === undefined) return;
    const name = spec.priorityClassName ?? '';
    const priority = name === '' ? 0 : systemPriorities.get(name);
    if (priority === undefined) throw refusal(request, `no PriorityClass with name ${name} was found`);
    if (spec.priority !== undefined && spec.priority !== priority) {
      throw refusal(request, mismatch(spec.priority, priority));
    }
    spec.priority = priority;
    spec.preemptionPolicy ??= 'PreemptLowerPriority';
  },
};

function mismatch(given: number, computed: number): string {
  return `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${computed} from the given PriorityClass name`;
}

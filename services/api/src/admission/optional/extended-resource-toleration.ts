import type { Pod } from '@kubus/shared/schema';
import type { AdmissionPlugin, AdmissionRequest } from '../contract.ts';
import { concernsPods, containersOf } from './pods.ts';

/** Kubernetes: ExtendedResourceToleration. Nodes with devices may be tainted by the name of the resource: whoever asks for such a device bears that. */
export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',
  concerns: concernsPods('CREATE', 'UPDATE'),
  admit({ object }: AdmissionRequest): void {
    const pod = object as Pod;
    const asked = containersOf(pod).flatMap(({ resources }) => Object.keys(resources?.requests ?? {}));
    for (const key of new Set(asked.filter(isExtended))) {
      const tolerations = pod.spec?.tolerations ?? [];
      const isThere = tolerations.some(
        (one) => one.key === key && one.operator === 'Exists' && !one.effect && !one.value,
      );
      if (!isThere && pod.spec !== undefined) pod.spec.tolerations = [...tolerations, { key, operator: 'Exists' }];
    }
  },
};

/** Neither a resource of Kubernetes nor what quotas call a request (pkg/apis/core/helper IsExtendedResourceName). */
function isExtended(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');
}

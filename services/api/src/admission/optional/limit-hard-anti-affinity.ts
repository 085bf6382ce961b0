import type { Pod } from '@kubus/shared/schema';
import type { AdmissionPlugin, AdmissionRequest } from '../contract.ts';
import { refusal } from '../refuse.ts';
import { concernsPods } from './pods.ts';

const hostname = 'kubernetes.io/hostname';

/** Kubernetes: LimitPodHardAntiAffinityTopology. A pod that will not have others in its zone could keep a whole zone for itself. */
export const limitPodHardAntiAffinityTopology: AdmissionPlugin = {
  name: 'LimitPodHardAntiAffinityTopology',
  concerns: concernsPods('CREATE', 'UPDATE'),
  validate(request: AdmissionRequest): void {
    const { affinity } = (request.object as Pod).spec ?? {};
    const other = affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.find(
      ({ topologyKey }) => topologyKey !== hostname,
    );
    if (other === undefined) return;
    throw refusal(
      request,
      `affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey ${other.topologyKey} but only key ${hostname} is allowed`,
    );
  },
};

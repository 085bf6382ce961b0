import type { IngressClass, NetworkPolicy } from '../../schema/index.ts';

/** Parameters are cluster-scoped unless they say otherwise. */
export function setIngressClassDefaults({ spec }: IngressClass): void {
  if (spec?.parameters !== undefined) spec.parameters.scope ??= 'Cluster';
}

/** pkg/apis/networking/v1 SetDefaults_NetworkPolicy. */
export function setNetworkPolicyDefaults({ spec }: NetworkPolicy): void {
  if (spec === undefined) return;
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
  }
  if ((spec.policyTypes ?? []).length > 0) return;
  spec.policyTypes = ['Ingress'];
  if ((spec.egress ?? []).length > 0) spec.policyTypes.push('Egress');
}

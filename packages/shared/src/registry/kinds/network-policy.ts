import type { NetworkPolicy } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, selectorCell, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { setNetworkPolicyDefaults } from '../networking/defaults.ts';
import { validateNetworkPolicy } from '../networking/validate-network-policy.ts';

export const networkPolicy: KindDeclaration<NetworkPolicy> = {
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  scope: 'Namespaced',
  versions: [{ group: 'networking.k8s.io', version: 'v1', schema: 'io.k8s.api.networking.v1.NetworkPolicy' }],
  strategy: { hasGeneration: true, setDefaults: setNetworkPolicyDefaults, validate: validateNetworkPolicy },
  table: {
    columns: [nameColumn, text('Pod-Selector', 'The pods that the policy is about.'), ageColumn],
    cells: (object, now) => [object.metadata.name, selectorCell(object.spec?.podSelector ?? {}), age(object, now)],
  },
};

import type { ServiceCIDR } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { labelName } from '../metadata.ts';
import { validateServiceCidr, validateServiceCidrUpdate } from '../networking/validate-allocation.ts';
import { statusSubresource } from '../status.ts';

const schema = 'io.k8s.api.networking.v1.ServiceCIDR';
const responds = { group: 'networking.k8s.io', version: 'v1', kind: 'ServiceCIDR' };

export const serviceCidr: KindDeclaration<ServiceCIDR> = {
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  singular: 'servicecidr',
  scope: 'Cluster',
  versions: [{ group: 'networking.k8s.io', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    validateName: labelName,
    prepareForCreate(object, { now }) {
      const message = 'Kubernetes Service CIDR is ready';
      object.status = { conditions: [{ type: 'Ready', status: 'True', reason: '', message, lastTransitionTime: now }] };
    },
    validate: validateServiceCidr,
    validateUpdate: validateServiceCidrUpdate,
  },
  subresources: [statusSubresource<ServiceCIDR>(responds, schema)],
  table: {
    columns: [nameColumn, text('CIDRs', 'The ranges that Service addresses come from.'), ageColumn],
    cells: (object, now) => [object.metadata.name, (object.spec?.cidrs ?? []).join(','), age(object, now)],
  },
};

import type { ResourceClaim } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { setClaimDefaults } from '../resource/defaults.ts';
import { validateResourceClaim, validateResourceClaimUpdate } from '../resource/validate.ts';
import { statusSubresource } from '../status.ts';

const schema = 'io.k8s.api.resource.v1.ResourceClaim';
const responds = { group: 'resource.k8s.io', version: 'v1', kind: 'ResourceClaim' };

export const resourceClaim: KindDeclaration<ResourceClaim> = {
  kind: 'ResourceClaim',
  plural: 'resourceclaims',
  singular: 'resourceclaim',
  scope: 'Namespaced',
  versions: [{ group: 'resource.k8s.io', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    returnsDeleted: true,
    setDefaults: (object) => setClaimDefaults(object.spec),
    validate: validateResourceClaim,
    validateUpdate: validateResourceClaimUpdate,
  },
  subresources: [statusSubresource<ResourceClaim>(responds, schema)],
  table: {
    columns: [nameColumn, text('State', 'Whether it is pending, allocated or reserved.'), ageColumn],
    cells: (object, now) => [object.metadata.name, stateCell(object), age(object, now)],
  },
};

function stateCell({ metadata, status }: ResourceClaim): string {
  const deleted = metadata.deletionTimestamp === undefined ? [] : ['deleted'];
  if (status?.allocation === undefined) return deleted[0] ?? 'pending';
  return [...deleted, 'allocated', ...((status.reservedFor ?? []).length > 0 ? ['reserved'] : [])].join(',');
}

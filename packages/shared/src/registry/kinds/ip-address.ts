import type { IPAddress } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { ipAddressName, validateIpAddress, validateIpAddressUpdate } from '../networking/validate-allocation.ts';

export const ipAddress: KindDeclaration<IPAddress> = {
  kind: 'IPAddress',
  plural: 'ipaddresses',
  singular: 'ipaddress',
  shortNames: ['ip'],
  scope: 'Cluster',
  versions: [{ group: 'networking.k8s.io', version: 'v1', schema: 'io.k8s.api.networking.v1.IPAddress' }],
  strategy: { validateName: ipAddressName, validate: validateIpAddress, validateUpdate: validateIpAddressUpdate },
  table: {
    columns: [nameColumn, text('ParentRef', 'The object that has the address.'), ageColumn],
    cells: (object, now) => [object.metadata.name, parentCell(object), age(object, now)],
  },
};

function parentCell({ spec }: IPAddress): string {
  const { group, resource, namespace, name } = spec?.parentRef ?? {};
  if (resource === undefined) return '<none>';
  const type = (group ? `${resource}.${group}` : resource).toLowerCase();
  return [type, ...(namespace ? [namespace] : []), name].join('/');
}

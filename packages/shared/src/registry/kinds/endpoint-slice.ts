import { equal } from '../../object/equal.ts';
import type { EndpointSlice } from '../../schema/index.ts';
import { age, ageColumn, firstThree, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { validateEndpointSlice, validateEndpointSliceUpdate } from '../networking/validate-endpoints.ts';

export const endpointSlice: KindDeclaration<EndpointSlice> = {
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  singular: 'endpointslice',
  scope: 'Namespaced',
  versions: [{ group: 'discovery.k8s.io', version: 'v1', schema: 'io.k8s.api.discovery.v1.EndpointSlice' }],
  strategy: {
    hasGeneration: true,
    setDefaults({ ports = [] }) {
      for (const port of ports) {
        port.name ??= '';
        port.protocol ??= 'TCP';
      }
    },
    validate: validateEndpointSlice,
    validateUpdate: validateEndpointSliceUpdate,
    // What reads slices finds them by label.
    countsForGeneration: (object, old) => !equal(object.metadata.labels, old.metadata.labels),
  },
  table: {
    columns: [
      nameColumn,
      text('AddressType', 'What its addresses are: IPv4, IPv6 or FQDN.'),
      text('Ports', 'The ports of all its endpoints.'),
      text('Endpoints', 'Its addresses.'),
      ageColumn,
    ],
    cells: (object, now) => [
      object.metadata.name,
      object.addressType,
      firstThree(
        (object.ports ?? []).map(({ port, name }) => String(port ?? (name || '*'))),
        '<unset>',
      ),
      firstThree(
        (object.endpoints ?? []).flatMap(({ addresses }) => addresses),
        '<unset>',
      ),
      age(object, now),
    ],
  },
};

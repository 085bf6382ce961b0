import type { Endpoints } from '../../schema/index.ts';
import { age, ageColumn, firstThree, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { validateEndpoints } from '../networking/validate-endpoints.ts';

export const endpoints: KindDeclaration<Endpoints> = {
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  scope: 'Namespaced',
  versions: [
    {
      group: '',
      version: 'v1',
      schema: 'io.k8s.api.core.v1.Endpoints',
      deprecated: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
    },
  ],
  strategy: {
    allowCreateOnUpdate: true,
    setDefaults({ subsets = [] }) {
      for (const { ports = [] } of subsets) for (const port of ports) port.protocol ||= 'TCP';
    },
    validate: validateEndpoints,
  },
  table: {
    columns: [nameColumn, text('Endpoints', 'Addresses with their ports.'), ageColumn],
    cells: (object, now) => [object.metadata.name, firstThree(addresses(object)), age(object, now)],
  },
};

function addresses({ subsets = [] }: Endpoints): string[] {
  const all: string[] = [];
  for (const { addresses: ready = [], ports = [] } of subsets) {
    // A headless service may have no ports.
    if (ports.length === 0) return [...all, ...ready.map(({ ip }) => ip)];
    for (const { port } of ports) all.push(...ready.map(({ ip }) => `${ip.includes(':') ? `[${ip}]` : ip}:${port}`));
  }
  return all;
}

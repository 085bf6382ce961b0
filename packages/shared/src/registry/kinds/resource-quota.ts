import type { ResourceQuota } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { validateQuota, validateQuotaStatus, validateQuotaUpdate } from '../quota/validate-quota.ts';
import { statusSubresource } from '../status.ts';

const schema = 'io.k8s.api.core.v1.ResourceQuota';
const responds = { group: '', version: 'v1', kind: 'ResourceQuota' };

export const resourceQuota: KindDeclaration<ResourceQuota> = {
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  singular: 'resourcequota',
  shortNames: ['quota'],
  scope: 'Namespaced',
  versions: [{ group: '', version: 'v1', schema }],
  strategy: { hasStatus: true, validate: validateQuota, validateUpdate: validateQuotaUpdate },
  subresources: [statusSubresource<ResourceQuota>(responds, schema, { validate: validateQuotaStatus })],
  table: {
    columns: [
      nameColumn,
      text('Request', 'Request represents a minimum amount of cpu/memory that a container may consume.'),
      text(
        'Limit',
        'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
      ),
      ageColumn,
    ],
    cells: (object, now) => [object.metadata.name, ...usage(object), age(object, now)],
  },
};

/** Used and hard amounts, those of limits apart. */
function usage({ status }: ResourceQuota): [requests: string, limits: string] {
  const used = new Map(Object.entries(status?.used ?? {}));
  const amounts = Object.entries(status?.hard ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, hard]) => ({ name, text: `${name}: ${used.get(name) ?? '0'}/${hard}` }));
  const isLimit = (name: string): boolean => name.startsWith('limits');
  const join = (limits: boolean): string =>
    amounts
      .filter(({ name }) => isLimit(name) === limits)
      .map(({ text }) => text)
      .join(', ');
  return [join(false), join(true)];
}

import type { FieldError } from '../../errors/index.ts';
import type { Lease } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { field } from '../field.ts';

export const lease: KindDeclaration<Lease> = {
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  scope: 'Namespaced',
  versions: [{ group: 'coordination.k8s.io', version: 'v1', schema: 'io.k8s.api.coordination.v1.Lease' }],
  strategy: { allowCreateOnUpdate: true, takesShortFinalizers: true, validate },
  table: {
    columns: [nameColumn, text('Holder', 'Who holds the lease.'), ageColumn],
    cells: (object, now) => [object.metadata.name, object.spec?.holderIdentity ?? '', age(object, now)],
  },
};

function validate({ spec }: Lease): FieldError[] {
  const errors: FieldError[] = [];
  const seconds = spec?.leaseDurationSeconds;
  if (seconds !== undefined && seconds <= 0) {
    errors.push(field.invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0'));
  }
  const transitions = spec?.leaseTransitions;
  if (transitions !== undefined && transitions < 0) {
    errors.push(field.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
  }
  return errors;
}

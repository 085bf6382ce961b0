import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import { parseApiVersion } from '../../object/index.ts';
import type { ControllerRevision } from '../../schema/index.ts';
import { age, ageColumn, integer, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { field, immutable } from '../field.ts';

/** A snapshot of what a StatefulSet or DaemonSet made pods of; `data` never changes. */
export const controllerRevision: KindDeclaration<ControllerRevision> = {
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  singular: 'controllerrevision',
  scope: 'Namespaced',
  versions: [{ group: 'apps', version: 'v1', schema: 'io.k8s.api.apps.v1.ControllerRevision' }],
  strategy: {
    validate,
    validateUpdate: (object, old) =>
      equal(object.data, old.data) ? [] : [field.invalid('data', object.data, immutable)],
  },
  table: {
    columns: [
      nameColumn,
      text('Controller', 'Controller of the object'),
      integer('Revision', 'Revision indicates the revision of the state represented by Data.'),
      ageColumn,
    ],
    cells: (object, now) => [object.metadata.name, controllerCell(object), object.revision ?? 0, age(object, now)],
  },
};

function controllerCell({ metadata }: ControllerRevision): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return '<none>';
  const { group } = parseApiVersion(owner.apiVersion);
  const kind = group === '' ? owner.kind : `${owner.kind}.${group}`;
  return `${kind.toLowerCase()}/${owner.name}`;
}

function validate({ data, revision = 0 }: ControllerRevision): FieldError[] {
  const errors: FieldError[] = [];
  if (data === undefined || data === null) errors.push(field.required('data', 'data is mandatory'));
  if (revision < 0) errors.push(field.invalid('revision', revision, 'must be greater than or equal to 0'));
  return errors;
}

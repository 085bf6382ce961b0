import type { FieldError } from '../../errors/index.ts';
import type { Namespace } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { field } from '../field.ts';
import { finalizerNameErrors, labelName } from '../metadata.ts';
import { keepAllBut, statusSubresource } from '../status.ts';

const schema = 'io.k8s.api.core.v1.Namespace';
const responds = { group: '', version: 'v1', kind: 'Namespace' };

/** The label by which a namespace can be selected by name. */
const nameLabel = 'kubernetes.io/metadata.name';

export const namespace: KindDeclaration<Namespace> = {
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  scope: 'Cluster',
  versions: [{ group: '', version: 'v1', schema }],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  strategy: {
    hasStatus: true,
    validateName: labelName,
    setDefaults(object) {
      if (object.metadata.name)
        object.metadata.labels = { ...object.metadata.labels, [nameLabel]: object.metadata.name };
      if (!object.status?.phase) object.status = { ...object.status, phase: 'Active' };
    },
    prepareForCreate(object) {
      object.status = { phase: 'Active' };
      const finalizers = object.spec?.finalizers ?? [];
      if (!finalizers.includes('kubernetes')) object.spec = { finalizers: [...finalizers, 'kubernetes'] };
    },
    validateCreate: ({ spec }) =>
      (spec?.finalizers ?? []).flatMap((name) => finalizerNameErrors(name, 'spec.finalizers')),
    prepareForUpdate(object, old) {
      if (old.spec === undefined) delete object.spec;
      else object.spec = old.spec;
    },
    deletion: {
      // What is in a namespace goes first: the namespace controller empties it and then takes the finalizer away.
      isHeld: (object) => (object.spec?.finalizers ?? []).length > 0,
      prepareForDeletion(object) {
        object.status = { ...object.status, phase: 'Terminating' };
      },
    },
  },
  subresources: [
    statusSubresource<Namespace>(responds, schema, { validate: phaseErrors }),
    {
      name: 'finalize',
      responds,
      schema,
      verbs: ['update'],
      type: 'part',
      rules: {
        prepareForUpdate: (object, old) => {
          keepAllBut(object, old, 'spec');
          object.metadata = { ...old.metadata };
        },
        validate: ({ spec }) =>
          (spec?.finalizers ?? []).flatMap((name, i) => finalizerNameErrors(name, `spec.finalizers[${i}]`)),
      },
    },
  ],
  table: {
    columns: [nameColumn, text('Status', 'The status of the namespace'), ageColumn],
    cells: (object, now) => [object.metadata.name, object.status?.phase ?? '', age(object, now)],
  },
  fields: { 'status.phase': (object) => object.status?.phase ?? '' },
};

/** The phase is what the deletion timestamp says (core/validation ValidateNamespaceStatusUpdate; the field's name has its capital there). */
function phaseErrors({ metadata, status }: Namespace): FieldError[] {
  const [phase, when] = metadata.deletionTimestamp === undefined ? ['Active', 'empty'] : ['Terminating', 'not empty'];
  if (status?.phase === phase) return [];
  const why = `may only be '${phase}' if \`deletionTimestamp\` is ${when}`;
  return [field.invalid('status.Phase', status?.phase ?? '', why)];
}

import {
  type CustomResourceDefinition,
  cleanupFinalizer,
  type DefinitionCondition,
} from '../../custom-resources/definition.ts';
import {
  definitionErrors,
  definitionUpdateErrors,
  storedVersionErrors,
} from '../../custom-resources/definition-errors.ts';
import type { KindDeclaration } from '../contract.ts';
import { statusSubresource } from '../status.ts';

const schema = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition';
const served = { group: 'apiextensions.k8s.io', version: 'v1' };

export const customResourceDefinition: KindDeclaration<CustomResourceDefinition> = {
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  scope: 'Cluster',
  versions: [{ ...served, schema }],
  strategy: {
    takesShortFinalizers: true,
    hasStatus: true,
    hasGeneration: true,
    setDefaults(object) {
      object.spec ??= { group: '', scope: '' as 'Cluster', names: { plural: '', kind: '' }, versions: [] };
      const { spec } = object;
      spec.names ??= { plural: '', kind: '' };
      const { names } = spec;
      if (!names.singular) names.singular = (names.kind ?? '').toLowerCase();
      if (!names.listKind && names.kind) names.listKind = `${names.kind}List`;
      spec.conversion ??= { strategy: 'None' };
      spec.versions ??= [];
    },
    prepareForCreate(object) {
      const storage = object.spec.versions.find((version) => version.storage);
      const acceptedNames = { plural: '', kind: '' };
      object.status = { conditions: [], acceptedNames, storedVersions: storage === undefined ? [] : [storage.name] };
    },
    prepareForUpdate(object) {
      const storage = object.spec.versions.find((version) => version.storage)?.name;
      const stored = object.status?.storedVersions ?? [];
      if (storage === undefined || stored.includes(storage)) return;
      object.status = { ...object.status, storedVersions: [...stored, storage] };
    },
    validateCreate: (object) => definitionErrors(object),
    validateUpdate: (object, old) => [...definitionErrors(object, old), ...definitionUpdateErrors(object, old)],
    deletion: {
      // Its objects go first: the api deletes them, and then takes the finalizer away.
      prepareForDeletion(object) {
        object.metadata.finalizers = [...new Set([...(object.metadata.finalizers ?? []), cleanupFinalizer])];
        const terminating: DefinitionCondition = {
          type: 'Terminating',
          status: 'True',
          lastTransitionTime: object.metadata.deletionTimestamp as string,
          reason: 'InstanceDeletionPending',
          message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
        };
        const others = (object.status?.conditions ?? []).filter(({ type }) => type !== 'Terminating');
        object.status = { ...object.status, conditions: [...others, terminating] };
      },
    },
  },
  subresources: [
    statusSubresource<CustomResourceDefinition>({ ...served, kind: 'CustomResourceDefinition' }, schema, {
      validateUpdate: storedVersionErrors,
    }),
  ],
};

import type { ResourceClaimTemplate } from '../../schema/index.ts';
import { age, ageColumn, nameColumn } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { setClaimDefaults } from '../resource/defaults.ts';
import { validateClaimTemplate, validateClaimTemplateUpdate } from '../resource/validate.ts';

export const resourceClaimTemplate: KindDeclaration<ResourceClaimTemplate> = {
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  singular: 'resourceclaimtemplate',
  scope: 'Namespaced',
  versions: [{ group: 'resource.k8s.io', version: 'v1', schema: 'io.k8s.api.resource.v1.ResourceClaimTemplate' }],
  strategy: {
    returnsDeleted: true,
    setDefaults: (object) => setClaimDefaults(object.spec?.spec),
    validate: validateClaimTemplate,
    validateUpdate: validateClaimTemplateUpdate,
  },
  table: {
    columns: [nameColumn, ageColumn],
    cells: (object, now) => [object.metadata.name, age(object, now)],
  },
};

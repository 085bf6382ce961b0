import type { PodTemplate } from '../../schema/index.ts';
import { containerCells, labelsCell, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { setTemplateDefaults, validatePodTemplate } from '../workload.ts';

export const podTemplate: KindDeclaration<PodTemplate> = {
  kind: 'PodTemplate',
  plural: 'podtemplates',
  singular: 'podtemplate',
  scope: 'Namespaced',
  versions: [{ group: '', version: 'v1', schema: 'io.k8s.api.core.v1.PodTemplate' }],
  strategy: {
    hasGeneration: true,
    setDefaults: ({ template }) => setTemplateDefaults(template),
    validate: ({ template }) => validatePodTemplate(template ?? {}, 'template'),
  },
  table: {
    columns: [
      nameColumn,
      text('Containers', 'Names of each container in the template.'),
      text('Images', 'Images referenced by each container in the template.'),
      text('Pod Labels', 'The labels for the pod template.'),
    ],
    cells: ({ metadata, template }) => [
      metadata.name,
      ...containerCells(template?.spec?.containers ?? []),
      labelsCell(template?.metadata?.labels),
    ],
  },
};

import { names } from '../../object/index.ts';
import type { RuntimeClass } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { field, immutable } from '../field.ts';
import { validateLabels } from '../metadata.ts';
import { quantityErrors } from '../pod/validate-resources.ts';
import { validateTolerations } from '../pod/validate-scheduling.ts';

export const runtimeClass: KindDeclaration<RuntimeClass> = {
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  singular: 'runtimeclass',
  scope: 'Cluster',
  versions: [{ group: 'node.k8s.io', version: 'v1', schema: 'io.k8s.api.node.v1.RuntimeClass' }],
  strategy: {
    requireResourceVersion: true,
    validate: ({ handler = '', overhead, scheduling }) => [
      ...field.invalids('handler', handler, names.dnsLabel(handler)),
      ...Object.entries(overhead?.podFixed ?? {}).flatMap(([name, quantity]) =>
        quantityErrors(quantity, field.key('overhead.podFixed', name)),
      ),
      ...validateLabels(scheduling?.nodeSelector ?? {}, 'scheduling.nodeSelector'),
      ...validateTolerations(scheduling?.tolerations ?? [], 'scheduling.tolerations'),
    ],
    validateUpdate: (object, old) =>
      object.handler === old.handler ? [] : [field.invalid('handler', object.handler, immutable)],
  },
  table: {
    columns: [nameColumn, text('Handler', 'The configuration of the container runtime.'), ageColumn],
    cells: (object, now) => [object.metadata.name, object.handler, age(object, now)],
  },
};

import type { HorizontalPodAutoscaler } from '../../schema/index.ts';
import { setAutoscalerDefaults } from '../autoscaling/defaults.ts';
import { targetsCell } from '../autoscaling/targets.ts';
import { autoscalerFromV1, autoscalerToV1 } from '../autoscaling/v1.ts';
import { validateAutoscaler, validateAutoscalerStatus } from '../autoscaling/validate.ts';
import { age, ageColumn, integer, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { statusSubresource } from '../status.ts';

const schema = 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler';
const responds = { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' };

export const horizontalPodAutoscaler: KindDeclaration<HorizontalPodAutoscaler> = {
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  scope: 'Namespaced',
  versions: [
    { group: 'autoscaling', version: 'v2', schema },
    {
      group: 'autoscaling',
      version: 'v1',
      schema: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
      toStored: autoscalerFromV1,
      fromStored: autoscalerToV1,
    },
  ],
  strategy: { hasStatus: true, setDefaults: setAutoscalerDefaults, validate: validateAutoscaler },
  subresources: [statusSubresource<HorizontalPodAutoscaler>(responds, schema, { validate: validateAutoscalerStatus })],
  table: {
    columns: [
      nameColumn,
      text('Reference', 'What is scaled.'),
      text('Targets', 'Metrics: what is, over what is wanted.'),
      text('MinPods', 'The lower limit for the number of replicas.'),
      text('MaxPods', 'The upper limit for the number of replicas.'),
      integer('Replicas', 'The number of replicas that were seen last.'),
      ageColumn,
    ],
    cells: (object, now) => [
      object.metadata.name,
      `${object.spec?.scaleTargetRef?.kind ?? ''}/${object.spec?.scaleTargetRef?.name ?? ''}`,
      targetsCell(object),
      String(object.spec?.minReplicas ?? '<unset>'),
      object.spec?.maxReplicas ?? 0,
      object.status?.currentReplicas ?? 0,
      age(object, now),
    ],
  },
};

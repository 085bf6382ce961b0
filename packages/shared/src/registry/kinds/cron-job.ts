import type { CronJob } from '../../schema/index.ts';
import { setCronJobDefaults } from '../batch/defaults.ts';
import { validateCronJob, zoneInSchedule } from '../batch/validate-cron-job.ts';
import {
  age,
  ageColumn,
  containerCells,
  containersColumn,
  imagesColumn,
  integer,
  nameColumn,
  selectorCell,
  since,
  text,
} from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { nameWarnings, templateWarnings } from '../pod/warnings.ts';
import { statusSubresource } from '../status.ts';

const schema = 'io.k8s.api.batch.v1.CronJob';
const responds = { group: 'batch', version: 'v1', kind: 'CronJob' };

export const cronJob: KindDeclaration<CronJob> = {
  kind: 'CronJob',
  plural: 'cronjobs',
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  scope: 'Namespaced',
  versions: [{ group: 'batch', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    hasGeneration: true,
    warnings: ({ metadata, spec }) => [
      ...nameWarnings(metadata.name),
      ...templateWarnings(spec?.jobTemplate?.spec?.template, 'spec.jobTemplate.spec.template'),
    ],
    setDefaults: setCronJobDefaults,
    validate: validateCronJob,
    validateCreate: zoneInSchedule,
    validateUpdate: zoneInSchedule,
  },
  subresources: [statusSubresource<CronJob>(responds, schema)],
  table: {
    columns: [
      nameColumn,
      text('Schedule', 'The schedule in Cron format.'),
      text('Timezone', 'The time zone that the schedule is in.'),
      { name: 'Suspend', type: 'boolean', description: 'Whether no further jobs are started.' },
      integer('Active', 'Jobs that run.'),
      text('Last Schedule', 'When the last job was started.'),
      ageColumn,
      containersColumn,
      imagesColumn,
      text('Selector', 'A label query over the pods of the jobs.', 1),
    ],
    cells: (object, now) => [
      object.metadata.name,
      object.spec?.schedule ?? '',
      object.spec?.timeZone ?? '<none>',
      suspendCell(object.spec?.suspend),
      (object.status?.active ?? []).length,
      object.status?.lastScheduleTime ? since(object.status.lastScheduleTime, now) : '<none>',
      age(object, now),
      ...containerCells(object.spec?.jobTemplate?.spec?.template?.spec?.containers ?? []),
      selectorCell(object.spec?.jobTemplate?.spec?.selector),
    ],
  },
};

function suspendCell(suspend: boolean | undefined): string {
  if (suspend === undefined) return '<unset>';
  return suspend ? 'True' : 'False';
}

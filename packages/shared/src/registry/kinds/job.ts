import type { Job } from '../../schema/index.ts';
import { setJobDefaults } from '../batch/defaults.ts';
import { generateSelector, labelJobName } from '../batch/job-labels.ts';
import { validateJob, validateJobStatus, validateJobStatusUpdate, validateJobUpdate } from '../batch/validate-job.ts';
import {
  age,
  ageColumn,
  containerCells,
  containersColumn,
  humanDuration,
  imagesColumn,
  nameColumn,
  selectorCell,
  text,
} from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { nameWarnings, templateWarnings } from '../pod/warnings.ts';
import { statusSubresource } from '../status.ts';

const schema = 'io.k8s.api.batch.v1.Job';
const responds = { group: 'batch', version: 'v1', kind: 'Job' };

export const job: KindDeclaration<Job> = {
  kind: 'Job',
  plural: 'jobs',
  singular: 'job',
  categories: ['all'],
  scope: 'Namespaced',
  versions: [{ group: 'batch', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    hasGeneration: true,
    warnings: ({ metadata, spec }) => [
      ...nameWarnings(metadata.name),
      ...templateWarnings(spec?.template, 'spec.template'),
    ],
    setDefaults: setJobDefaults,
    prepareForCreate: generateSelector,
    named: labelJobName,
    validate: validateJob,
    validateUpdate: validateJobUpdate,
    deletion: {
      defaultPropagation: 'Orphan',
      unaskedWarning:
        'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
    },
  },
  subresources: [
    statusSubresource<Job>(responds, schema, { validate: validateJobStatus, validateUpdate: validateJobStatusUpdate }),
  ],
  table: {
    columns: [
      nameColumn,
      text('Status', 'Status of the job.'),
      text('Completions', 'The number of pods which reached phase Succeeded.'),
      text('Duration', 'Time required to complete the job.'),
      ageColumn,
      containersColumn,
      imagesColumn,
      text('Selector', 'A label query over the pods of the job.', 1),
    ],
    cells: (object, now) => [
      object.metadata.name,
      statusCell(object),
      completionsCell(object),
      durationCell(object, now),
      age(object, now),
      ...containerCells(object.spec?.template?.spec?.containers ?? []),
      selectorCell(object.spec?.selector),
    ],
  },
  fields: { 'status.successful': (object) => String(object.status?.succeeded ?? 0) },
};

function statusCell({ metadata, status }: Job): string {
  const holds = (wanted: string): boolean =>
    status?.conditions?.some(({ type, status: value }) => type === wanted && value === 'True') === true;
  if (holds('Complete')) return 'Complete';
  if (holds('Failed')) return 'Failed';
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(holds) ?? 'Running';
}

function completionsCell({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationCell({ status }: Job, now: Date): string {
  if (!status?.startTime) return '';
  const end = status.completionTime ? Date.parse(status.completionTime) : now.getTime();
  return humanDuration(end - Date.parse(status.startTime));
}

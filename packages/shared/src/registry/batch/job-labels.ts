import type { Job } from '../../schema/index.ts';

/** Labels by which a job finds its pods; the names without a prefix are those of before 1.27, which older clients select by. */
export const controllerUidLabel = 'batch.kubernetes.io/controller-uid';
export const jobNameLabel = 'batch.kubernetes.io/job-name';
export const legacyControllerUidLabel = 'controller-uid';
export const legacyJobNameLabel = 'job-name';

/** Gives a job that has no selector of its own one by its uid (pkg/registry/batch/job generateSelector). What is there already is left for validation to judge. */
export function generateSelector({ metadata, spec }: Job): void {
  if (spec?.template === undefined || spec.manualSelector === true) return;
  spec.template.metadata ??= {};
  spec.template.metadata.labels = {
    [legacyControllerUidLabel]: metadata.uid ?? '',
    [controllerUidLabel]: metadata.uid ?? '',
    ...spec.template.metadata.labels,
  };
  spec.selector = {
    ...spec.selector,
    matchLabels: { [controllerUidLabel]: metadata.uid ?? '', ...spec.selector?.matchLabels },
  };
}

/** Names the job on its pods; `former` is a generated name that turned out to be taken. */
export function labelJobName({ metadata, spec }: Job, former: string): void {
  if (spec?.template === undefined || spec.manualSelector === true) return;
  const labels = { ...spec.template.metadata?.labels };
  for (const label of [legacyJobNameLabel, jobNameLabel]) {
    if (!Object.hasOwn(labels, label) || (former !== '' && labels[label] === former)) labels[label] = metadata.name;
  }
  spec.template.metadata = { ...spec.template.metadata, labels };
}

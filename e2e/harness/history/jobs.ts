import { type Entry, keyOf, type Recorded, replay, type Violation } from './history.ts';

const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
const indexAnnotation = 'batch.kubernetes.io/job-completion-index';

/** I8: a Job counts what succeeded exactly once, from its first to its last status: counts only rise, and no higher than to its completions. */
export function jobsCountOnce(history: readonly Entry[]): Violation[] {
  const violations: Violation[] = [];
  replay(history, 'jobs', ({ type, object, revision }, before) => {
    const former = before.get(keyOf(object));
    if (type === 'DELETED' || former === undefined || former.metadata.uid !== object.metadata.uid) return;
    for (const field of ['succeeded', 'failed'])
      if (count(object, field) < count(former, field))
        violations.push(`${keyOf(object)} took back what ${field}, at revision ${revision}`);
    const completions = Number(object.spec?.['completions'] ?? Number.POSITIVE_INFINITY);
    if (count(object, 'succeeded') > completions)
      violations.push(
        `${keyOf(object)} counts ${count(object, 'succeeded')} of ${completions} at revision ${revision}`,
      );
  });
  return violations;
}

/** I8, in the end: a Job has as many successes as completions, and as many pods succeeded for it; for an indexed one, each index. */
export function jobIsComplete(job: Recorded, pods: readonly Recorded[]): Violation[] {
  const completions = Number(job.spec?.['completions'] ?? 0);
  const own = pods.filter((pod) => pod.metadata.ownerReferences?.some((owner) => owner.uid === job.metadata.uid));
  const succeeded = own.filter((pod) => pod.status?.['phase'] === 'Succeeded');
  const found: Violation[] = [];
  const expect = (is: unknown, wanted: unknown, what: string) => {
    if (is !== wanted) found.push(`${keyOf(job)}: ${what} is ${is}, not ${wanted}`);
  };
  expect(count(job, 'succeeded'), completions, 'succeeded');
  expect(count(job, 'active'), 0, 'active');
  const uncounted = (job.status?.['uncountedTerminatedPods'] ?? {}) as Record<string, string[]>;
  expect(Object.values(uncounted).flat().length, 0, 'number of uncounted pods');
  expect(own.filter((pod) => pod.metadata.finalizers?.includes(trackingFinalizer)).length, 0, 'number of tracked pods');
  if (job.spec?.['completionMode'] === 'Indexed') {
    const indexes = new Set(succeeded.map((pod) => pod.metadata.annotations?.[indexAnnotation]));
    expect(indexes.size, completions, 'number of indexes that succeeded');
    expect(job.status?.['completedIndexes'], allIndexes(completions), 'completedIndexes');
  }
  expect(succeeded.length, completions, 'number of pods that succeeded');
  return found;
}

/** Two neighbours are named, more are a range. */
function allIndexes(completions: number): string {
  if (completions > 2) return `0-${completions - 1}`;
  return completions === 2 ? '0,1' : '0';
}

const count = ({ status }: Recorded, field: string) => Number(status?.[field] ?? 0);

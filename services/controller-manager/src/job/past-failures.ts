import type { Informer, InformerEvent } from '@kubus/shared/informer';
import { controllerOf, refersTo } from '../common/owners.ts';
import type { Pod } from '../common/types.ts';
import { isFinished } from './conditions.ts';
import { finishedAt, hasFailed, hasSucceeded, isTracked } from './pods.ts';
import { type Job, jobKind } from './types.ts';

/** What stays known of a pod that has failed and was counted. */
export interface PastFailure {
  uid: string;
  name: string;
  /** Milliseconds since 1970. */
  finishedAt: number;
}

/**
 * The failures of Jobs that run, also of pods that are there no more: who deletes a failed pod neither spares its Job the back-off nor brings the pod's
 * name back. Noted when a counted pod is let go, by every process that sees it; one that starts later goes by the pods that are left, as a new leader
 * does in Kubernetes.
 */
export class PastFailures {
  readonly #jobs: Pick<Informer<Job>, 'get'>;
  readonly #byJob = new Map<string, PastFailure[]>();

  constructor(jobs: Pick<Informer<Job>, 'get' | 'onChange'>, pods: Pick<Informer<Pod>, 'onChange'>) {
    this.#jobs = jobs;
    pods.onChange((event) => this.#note(event));
    jobs.onChange(({ type, object }) => {
      if (type === 'deleted' || isFinished(object)) this.#byJob.delete(object.metadata.uid ?? '');
    });
  }

  /** Of a Job by its uid: those since its last success. */
  of(jobUid: string): readonly PastFailure[] {
    return this.#byJob.get(jobUid) ?? [];
  }

  #note({ type, object: pod, previous }: InformerEvent<Pod>): void {
    if (previous === undefined || !isTracked(previous) || (type !== 'deleted' && isTracked(pod))) return;
    const owner = controllerOf(pod);
    if (owner === undefined || !refersTo(owner, jobKind)) return;
    const job = this.#jobs.get(pod.metadata.namespace ?? '', owner.name);
    if (job === undefined || job.metadata.uid !== owner.uid || isFinished(job)) return;
    const { uid = '', name } = pod.metadata;
    const known = this.of(owner.uid);
    if (hasFailed(job, pod)) this.#byJob.set(owner.uid, [...known, { uid, name, finishedAt: finishedAt(pod) }]);
    else if (hasSucceeded(pod) && known.length > 0)
      this.#byJob.set(
        owner.uid,
        known.filter((failure) => failure.finishedAt > finishedAt(pod)),
      );
  }
}

import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { EventRecorder } from '@kubus/shared/events';
import type { Informer } from '@kubus/shared/informer';
import { type KubeObject, labelSelector } from '@kubus/shared/object';
import type { Controller, ReconcileKey, ReconcileResult, Watch } from '@kubus/shared/reconcile';
import type { ControllerContext } from '../common/context.ts';
import { semanticEqual } from '../common/equality.ts';
import { controllerIndex, orphanKey, trackedByIndex } from '../common/indexes.ts';
import { controllerOf, newControllerRef, refersTo } from '../common/owners.ts';
import type { Pod } from '../common/types.ts';
import { isFinished } from './conditions.ts';
import { execute, type Result, releasePods, type Target } from './execute.ts';
import { PastFailures } from './past-failures.ts';
import { type PodSource, planClaims, planPods } from './plan.ts';
import { isTracked } from './pods.ts';
import { isSettled } from './settled.ts';
import { tally, untilDeadline } from './tally.ts';
import { counted, finished, type Tracking, track } from './track.ts';
import { type Job, type JobStatus, jobControllerName, jobKind, jobNameLabel, jobs } from './types.ts';

export { isFinished } from './conditions.ts';
export { finishTime } from './track.ts';
export { type Job, jobKind, jobs } from './types.ts';

const pods = { group: '', resource: 'pods' };

/** Look again soon where this reconcile knows that its view is out of date; the change itself normally comes first. */
const soon = { requeueAfter: 100 };

/** Runs pods until as many have succeeded as a Job wants, and counts each of them exactly once. */
export function createJobController(context: ControllerContext): Controller {
  return new JobController(context);
}

class JobController implements Controller {
  readonly name = 'job';
  /** Many small Jobs at once are common, and a reconcile mostly waits: for informers, and for the API, which takes requests together. */
  readonly concurrency = 100;
  readonly reads = [jobs, pods];
  readonly watches: readonly Watch[];
  readonly #context: ControllerContext;
  readonly #events: EventRecorder;
  readonly #jobs: Informer<Job>;
  readonly #pods: Informer<Pod>;
  readonly #pastFailures: PastFailures;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#events = context.events('job-controller');
    this.#jobs = context.informers.get<Job>(jobs);
    this.#pods = context.informers.get<Pod>(pods);
    this.#pastFailures = new PastFailures(this.#jobs, this.#pods);
    this.watches = [
      { resource: jobs, map: (job) => [keyOf(job)] },
      { resource: pods, map: (pod, previous) => this.#keysForPod(pod as Pod, previous as Pod | undefined) },
    ];
  }

  /** Jobs, and the names of those that are gone and have left tracked pods behind. */
  keys(): ReconcileKey[] {
    const left = this.#pods.list().filter(isTracked).flatMap(keysOfTracked);
    return [...this.#jobs.list().map(keyOf), ...left];
  }

  worthwhile(keys: readonly ReconcileKey[]): ReconcileKey[] {
    return keys.filter((key) => {
      const job = this.#jobs.get(key.namespace, key.name);
      if (this.#orphans(key, job).length > 0) return true;
      if (job === undefined || isForeign(job) || isFinished(job)) return false;
      return !isSettled(job, this.#candidates(job), this.#sourceOf(job), this.#context.clock.now());
    });
  }

  async reconcile(key: ReconcileKey): Promise<ReconcileResult> {
    const job = this.#jobs.get(key.namespace, key.name);
    await this.#releaseOrphans(key, job);
    if (job === undefined || isForeign(job) || isFinished(job)) return undefined;
    const target: Target = { api: this.#context.api, events: this.#events, job, ...this.#sourceOf(job) };
    const { owned, actions } = planClaims(job, this.#candidates(job));
    for (const action of actions) await execute(action, target);
    // The change that this makes brings the key back, with the pods that are the Job's then.
    return actions.length > 0 ? undefined : this.#sync(target, owned);
  }

  #candidates({ metadata: { namespace = '', uid = '' } }: Job): Pod[] {
    return [...this.#pods.byIndex(controllerIndex, uid), ...this.#pods.byIndex(controllerIndex, orphanKey(namespace))];
  }

  #sourceOf(job: Job): PodSource {
    const { namespace = '', uid = '' } = job.metadata;
    return {
      pastFailures: this.#pastFailures.of(uid),
      controllerRef: newControllerRef(job, jobKind),
      isTaken: (name) => this.#pods.get(namespace, name) !== undefined,
    };
  }

  async #sync(target: Target, owned: Pod[]): Promise<ReconcileResult> {
    const { job } = target;
    const now = this.#context.clock.now();
    const observed = tally(job, owned, now);
    const plan = planPods(observed, this.#sourceOf(job), now);
    let result: Result = { created: 0, deleted: [], incomplete: false };
    for (const action of plan.actions) result = await execute(action, target);
    const written = await this.#count(target, owned, track(observed, result, now));
    if (result.failure !== undefined) throw result.failure;
    if (!written) return soon;
    const waits = [plan.wait, untilDeadline(job, now)].filter((wait) => wait !== undefined && wait > 0);
    return waits.length === 0 ? undefined : { requeueAfter: Math.min(...(waits as number[])) };
  }

  /** False when the Job has changed meanwhile: then nothing more is done on the strength of what was seen. */
  async #count(target: Target, owned: readonly Pod[], tracking: Tracking): Promise<boolean> {
    const listed = await this.#writeStatus(target, target.job, tracking.status);
    if (listed === undefined) return false;
    const { event } = tracking;
    if (event !== undefined) this.#events.event(target.job, 'Normal', event.reason, event.message);
    const kept = await releasePods(tracking.release, target.api);
    const released = new Set(tracking.release.filter((pod) => !kept.includes(pod)));
    const held = owned.filter((pod) => isTracked(pod) && !released.has(pod)).map(({ metadata }) => metadata.uid ?? '');
    const status = counted(listed.status ?? {}, new Set(held));
    // It does not end while a pod of it is held, whatever its numbers say.
    const end = kept.length > 0 ? undefined : finished(status, tracking, this.#context.clock.now());
    if ((await this.#writeStatus(target, listed, end ?? status)) === undefined) return false;
    if (end !== undefined) this.#report(target.job, end, tracking);
    if (kept.length > 0) throw new Error(`${kept.length} pods could not be let go after they were counted`);
    return true;
  }

  #report(job: Job, status: JobStatus, { verdict }: Tracking): void {
    if (verdict?.type === 'FailureTarget') {
      this.#events.event(job, 'Warning', verdict.reason, verdict.message);
      return;
    }
    if (job.spec.completions !== undefined && (status.succeeded ?? 0) > job.spec.completions) {
      const text = 'Too many succeeded pods running after completion count reached';
      this.#events.event(job, 'Warning', 'TooManySucceededPods', text);
    }
    this.#events.event(job, 'Normal', 'Completed', 'Job completed');
  }

  /** The Job as it is then; undefined when it has changed meanwhile or is gone. */
  async #writeStatus({ api }: Target, job: Job, status: JobStatus): Promise<Job | undefined> {
    if (semanticEqual(job.status, status)) return { ...job, status };
    const { namespace = '', name } = job.metadata;
    try {
      const body = { ...job, status };
      return await api.request<Job>({ ...jobs, verb: 'update', subresource: 'status', namespace, name, body });
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Nobody counts the pods of a Job that is gone or has ended: they must not be held for ever. */
  async #releaseOrphans(key: ReconcileKey, job: Job | undefined): Promise<void> {
    const kept = await releasePods(this.#orphans(key, job), this.#context.api);
    if (kept.length > 0) throw new Error(`${kept.length} orphaned pods could not be let go`);
  }

  #orphans({ namespace, name }: ReconcileKey, job: Job | undefined): Pod[] {
    if (job !== undefined && isForeign(job)) return [];
    const counting = job !== undefined && !isFinished(job) ? job.metadata.uid : undefined;
    const selector = counting === undefined ? undefined : labelSelector(job?.spec.selector);
    return this.#pods.byIndex(trackedByIndex, `${namespace}/${name}`).filter((pod) => {
      const owner = controllerOf(pod);
      if (owner !== undefined) return owner.uid !== counting;
      return selector === undefined || !selector.matches(pod.metadata.labels);
    });
  }

  #keysForPod(pod: Pod, previous: Pod | undefined): ReconcileKey[] {
    const namespace = pod.metadata.namespace ?? '';
    const owners = [controllerOf(pod), previous === undefined ? undefined : controllerOf(previous)];
    const names = owners.filter((owner) => owner !== undefined && refersTo(owner, jobKind)).map((owner) => owner?.name);
    const tracked = isTracked(pod) ? keysOfTracked(pod).map(({ name }) => name) : [];
    const selecting = controllerOf(pod) === undefined ? this.#selecting(namespace, pod) : [];
    return [...new Set([...names, ...tracked, ...selecting])].map((name) => ({ namespace, name: name ?? '' }));
  }

  #selecting(namespace: string, pod: Pod): string[] {
    return this.#jobs
      .list(namespace)
      .filter((job) => !isFinished(job) && labelSelector(job.spec.selector).matches(pod.metadata.labels))
      .map(({ metadata }) => metadata.name);
  }
}

/** Somebody else's controller looks after it (KEP-4368). */
const isForeign = ({ spec }: Job): boolean => (spec.managedBy ?? jobControllerName) !== jobControllerName;

const keyOf = ({ metadata }: KubeObject): ReconcileKey => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});

/** The Job that is to count the pod: its owner, or the one that its label names. */
function keysOfTracked(pod: Pod): ReconcileKey[] {
  const owner = controllerOf(pod);
  const name = owner === undefined ? pod.metadata.labels?.[jobNameLabel] : owner.name;
  return name === undefined ? [] : [{ namespace: pod.metadata.namespace ?? '', name }];
}

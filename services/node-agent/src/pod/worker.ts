import type { Pod } from '@kubus/shared/schema';
import type { PodEnvironment } from './environment.ts';
import { newMemory, type PodMemory } from './memory.ts';
import { noteVanished, type ObservedPod, observe } from './observe.ts';
import { type Plan, plan, type Step, type StepName } from './plan.ts';
import { podStatus } from './status.ts';
import type { StepContext } from './steps/contract.ts';
import { executeStep } from './steps/index.ts';

/** After these steps alone the pod's containers are as they were: planning goes on without another look. */
const changesNothingThere: ReadonlySet<StepName> = new Set(['pull-image', 'note-back-off']);

/** Brings one pod in order, one round at a time: observe, plan, act, observe again. */
export class PodWorker {
  readonly #environment: PodEnvironment;
  readonly #memory: PodMemory;
  #pod: Pod;
  #wish = '';
  #observed: ObservedPod | undefined;
  #gone = false;
  #dirty = false;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(pod: Pod, environment: PodEnvironment) {
    this.#pod = pod;
    this.#environment = environment;
    const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
    const fromStatus = [...initContainerStatuses, ...containerStatuses]
      .filter((status) => status.containerID !== undefined)
      .map((status): [string, number] => [status.name, status.restartCount]);
    const known = environment.checkpoint.attempts(pod.metadata.uid ?? '');
    this.#memory = newMemory([...fromStatus, ...known]);
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The pod as it is desired now. A change of its status alone, mostly this worker's own report, needs no look at the runtime. */
  update(pod: Pod): void {
    const wish = wishOf(pod);
    const same = wish === this.#wish;
    this.#pod = pod;
    this.#wish = wish;
    if (!same) this.wake();
    else if (this.#running === undefined && this.#observed !== undefined && !this.#gone) this.#report(this.#observed);
  }

  /** The API knows the pod no more. */
  vanish(): void {
    this.#gone = true;
    this.wake();
  }

  /** Something may have changed. */
  wake(): void {
    if (this.#stopped) return;
    this.#dirty = true;
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
      // Woken after the last look, before the end of the loop was noticed.
      if (this.#dirty) this.wake();
    });
  }

  /** Resolves when the round under way has ended; containers go on running. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #loop(): Promise<void> {
    while (this.#dirty && !this.#stopped) {
      this.#dirty = false;
      clearTimeout(this.#timer);
      try {
        const { steps, wakeAt } = await this.#round();
        if (steps.length > 0) this.#dirty = true;
        else if (wakeAt !== undefined) this.#wakeAt(wakeAt);
      } catch (err) {
        this.#environment.log.warn({ err, ...this.#names() }, 'A round over a pod failed; trying again');
        this.#wakeAt(this.#environment.now() + Math.min(1_000, this.#environment.retryMs));
      }
    }
  }

  #wakeAt(time: number): void {
    const delay = Math.max(1, Math.min(time - this.#environment.now(), 3_600_000));
    this.#timer = setTimeout(() => this.wake(), delay);
  }

  /** Steps that only wait for a container to end are not waited for; its end wakes the pod. */
  async #round(): Promise<Plan> {
    const observed = await this.#observe();
    this.#observed = observed;
    let next: Plan;
    do {
      if (this.#stopped) return { steps: [] };
      next = plan({ pod: this.#pod, observed, memory: this.#memory, now: this.#environment.now(), gone: this.#gone });
      if (!this.#gone) this.#report(observed);
      else if (observed.records.length === 0) this.#environment.released?.();
      await this.#carryOut(next.steps, observed);
    } while (next.steps.length > 0 && next.steps.every(({ step }) => changesNothingThere.has(step)));
    return { ...next, steps: next.steps.filter(({ step }) => step !== 'stop-container') };
  }

  async #carryOut(steps: readonly Step[], observed: ObservedPod): Promise<void> {
    const context: StepContext = {
      ...this.#environment,
      pod: this.#pod,
      memory: this.#memory,
      observed,
      wake: () => this.wake(),
    };
    for (const step of steps) if (step.step === 'stop-container') void executeStep(step, context);
    await Promise.all(steps.filter(({ step }) => step !== 'stop-container').map((step) => executeStep(step, context)));
  }

  async #observe(): Promise<ObservedPod> {
    const { runtime, now } = this.#environment;
    const records = await runtime.containers(this.#pod.metadata.uid ?? '');
    noteVanished(records, this.#memory, now());
    for (const record of records) {
      // What was only made has not run, and may be made again.
      if (record.state === 'created') continue;
      const known = this.#memory.attempts.get(record.container) ?? -1;
      if (record.attempt > known) this.#memory.attempts.set(record.container, record.attempt);
    }
    return observe(this.#pod, records, this.#memory);
  }

  #report(observed: ObservedPod): void {
    const { facts, now, report } = this.#environment;
    const status = podStatus({
      pod: this.#pod,
      observed,
      memory: this.#memory,
      hostIPs: facts(this.#pod).hostIPs,
      now: now(),
    });
    report(this.#pod, status);
  }

  #names() {
    const { name, namespace, uid } = this.#pod.metadata;
    return { pod: name, namespace, uid };
  }
}

/** What of a pod decides what is to be done. */
const wishOf = ({ metadata, spec, status }: Pod) =>
  JSON.stringify([
    spec,
    metadata.deletionTimestamp,
    metadata.deletionGracePeriodSeconds,
    metadata.labels,
    metadata.annotations,
    status?.phase === 'Failed' || status?.phase === 'Succeeded',
  ]);

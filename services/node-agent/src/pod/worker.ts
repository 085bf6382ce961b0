import { equal } from '@kubus/shared/object';
import type { Pod, PodStatus } from '@kubus/shared/schema';
import type { ProbeResult } from '../metrics/index.ts';
import { PodProbes } from '../probes/pod-probes.ts';
import { type Allocation, allocationOf, asAllocated } from './allocation.ts';
import { type Doom, doomOf } from './doom.ts';
import type { PodEnvironment } from './environment.ts';
import { type Health, isUp } from './health.ts';
import { forgetWaits, newMemory, type PodMemory } from './memory.ts';
import { noteVanished, type ObservedPod, observe } from './observe.ts';
import { type Plan, plan, type Step, type StepName } from './plan.ts';
import { isResizing, type PendingResize, type ResizeRequest, resizeMessage } from './resize.ts';
import { podStatus } from './status.ts';
import { progressOf, type StepContext } from './steps/contract.ts';
import { emitFor } from './steps/failures.ts';
import { executeStep } from './steps/index.ts';
import { terminationMessage } from './termination-log.ts';

/** After these steps alone the pod's containers are as they were: planning goes on without another look. */
const changesNothingThere: ReadonlySet<StepName> = new Set(['pull-image', 'note-back-off', 'set-up-volumes']);
/** These take as long as a container likes, and wake the pod at their end. */
const notWaitedFor: ReadonlySet<StepName> = new Set(['stop-container', 'run-post-start']);

/** Brings one pod in order, one round at a time: observe, plan, act, observe again. */
export class PodWorker {
  readonly #environment: PodEnvironment;
  readonly #memory: PodMemory;
  readonly #probes: PodProbes;
  #pod: Pod;
  #wish: readonly unknown[] | undefined;
  #observed: ObservedPod | undefined;
  #admitted = false;
  #gone = false;
  /** That the pod ends is on disk. */
  #endNoted = false;
  /** What is on disk of what was allocated to the pod. */
  #notedAllocation: Allocation;
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
    const uid = pod.metadata.uid ?? '';
    const { checkpoint, actions, now } = environment;
    const attempts = [...fromStatus, ...checkpoint.attempts(uid)];
    this.#notedAllocation = checkpoint.allocated(uid) ?? allocationOf(pod);
    this.#memory = newMemory(attempts, checkpoint.postStarted(uid), checkpoint.podIPs(uid), this.#notedAllocation);
    this.#probes = new PodProbes({
      health: this.#memory.health,
      run: actions?.probe,
      emit: (container, reason, message) =>
        emitFor(environment.events, this.#pod, container, 'Warning', reason, message),
      count: probeCounter(pod, environment),
      onChange: () => this.#healthChanged(),
      now,
    });
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The pod with the resources that the node has allocated to it: those that it asked for, until a resize waits. */
  get allocated(): Pod {
    return asAllocated(this.#pod, this.#memory.allocated);
  }

  /** Undefined when the pod asks for nothing but what it has, or will not be given anything any more. */
  get resizeRequest(): ResizeRequest | undefined {
    const { allocated } = this;
    const phase = this.#pod.status?.phase;
    const ends = this.#gone || this.#memory.doom !== undefined || this.#pod.metadata.deletionTimestamp !== undefined;
    if (allocated === this.#pod || ends || phase === 'Succeeded' || phase === 'Failed') return undefined;
    return { pod: this.#pod, allocated };
  }

  /** The resize that the pod asks for is allocated to it, or is not for now. */
  resize(pending: PendingResize | undefined): void {
    const { metadata } = this.#pod;
    const generation = metadata.generation;
    const before = this.#memory.resizePending;
    if (pending === undefined) {
      this.#memory.allocated = allocationOf(this.#pod);
      this.#memory.resizePending = undefined;
      this.#memory.resizing = { generation };
      this.#memory.resizeRetryAt.clear();
      this.#emitResize('Normal', 'ResizeStarted', resizeMessage('started', this.#pod, generation));
    } else {
      this.#memory.resizePending = { ...pending, generation };
      if (equal(before, this.#memory.resizePending)) return;
      const message = resizeMessage(pending.reason, this.#pod, generation, pending.message);
      this.#emitResize('Warning', `Resize${pending.reason}`, message);
    }
    this.wake();
  }

  #emitResize(type: 'Normal' | 'Warning', reason: string, message: string): void {
    emitFor(this.#environment.events, this.#pod, '', type, reason, message);
  }

  /** The pod as it is desired now. A change of its status alone, mostly this worker's own report, needs no look at the runtime; one of neither, nothing. */
  update(pod: Pod): void {
    const wish = wishOf(pod);
    const sameWish = equal(wish, this.#wish);
    const sameStatus = equal(pod.status, this.#pod.status);
    if (!sameWish) forgetWaits(this.#memory, this.#pod, pod);
    this.#pod = pod;
    this.#wish = wish;
    if (sameWish && sameStatus) return;
    inheritHealth(pod, this.#memory.health);
    if (!sameWish) this.wake();
    else if (this.#running === undefined && this.#observed !== undefined && !this.#gone) this.#report(this.#observed);
  }

  /** Once, before anything of the pod is made. Between the answer and its being noted there is no wait: pods that come together count for each other. */
  async #admit(): Promise<void> {
    const { refuse, refreshNode, events } = this.#environment;
    const { status, metadata } = this.#pod;
    if (refuse === undefined || metadata.deletionTimestamp !== undefined) return;
    const begun = (status?.phase ?? 'Pending') !== 'Pending' || this.#memory.attempts.size > 0;
    let doom = begun ? undefined : refuse(this.#pod);
    if (doom?.byNode === true && refreshNode !== undefined) {
      await refreshNode().catch((err: unknown) =>
        this.#environment.log.warn(
          { err, ...this.#names() },
          'The node could not be read; judging by what is known of it',
        ),
      );
      doom = refuse(this.#pod);
    }
    this.#admitted = true;
    if (doom === undefined) return;
    this.#memory.doom = { ...doom, refused: true };
    emitFor(events, this.#pod, '', 'Warning', doom.reason, doom.message.replace('Pod was rejected: ', ''));
  }

  /** The pod takes up room: it was not refused and has not ended. */
  get occupies(): boolean {
    const phase = this.#pod.status?.phase;
    const ended = phase === 'Succeeded' || phase === 'Failed' || this.#memory.reportedDeleted;
    return this.#admitted && !this.#gone && !ended && this.#memory.doom === undefined;
  }

  /** The API knows the pod no more. */
  vanish(): void {
    this.#gone = true;
    this.wake();
  }

  /** The node ends the pod; the first reason counts. */
  doom(doom: Doom): void {
    if (this.#memory.doom !== undefined) return;
    this.#memory.doom = doom;
    emitFor(this.#environment.events, this.#pod, '', 'Warning', doom.reason, doom.message);
    this.wake();
  }

  /** Its deadline ends a pod as the node does, but is no fault of anybody: the event is Normal, as kubelet's. */
  #noteDeadline(): void {
    const { events, now } = this.#environment;
    if (this.#memory.doom !== undefined || this.#gone || this.#pod.metadata.deletionTimestamp !== undefined) return;
    const doom = doomOf(this.#pod, this.#memory, now());
    if (doom === undefined) return;
    this.#memory.doom = doom;
    emitFor(events, this.#pod, '', 'Normal', doom.reason, doom.message);
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
    this.#probes.stop();
    this.#environment.probeMetrics?.forget(this.#pod.metadata.uid ?? '');
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
    if (!this.#admitted) await this.#admit();
    const observed = await this.#observe();
    this.#observed = observed;
    this.#followHealth(observed);
    this.#noteDeadline();
    await this.#noteAllocation();
    let next: Plan;
    do {
      if (this.#stopped) return { steps: [] };
      next = plan({
        pod: this.allocated,
        observed,
        memory: this.#memory,
        now: this.#environment.now(),
        gone: this.#gone,
      });
      if (!this.#gone) await this.#noteEnd(this.#report(observed));
      else if (observed.records.length === 0 && !observed.volumes) this.#environment.released?.();
      await this.#carryOut(next.steps, observed);
    } while (next.steps.length > 0 && next.steps.every(({ step }) => changesNothingThere.has(step)));
    return { ...next, steps: next.steps.filter(({ step }) => !notWaitedFor.has(step)) };
  }

  async #carryOut(steps: readonly Step[], observed: ObservedPod): Promise<void> {
    if (steps.length === 0) return;
    const context: StepContext = {
      ...this.#environment,
      pod: this.allocated,
      memory: this.#memory,
      observed,
      wake: () => this.wake(),
    };
    for (const step of steps) if (notWaitedFor.has(step.step)) void executeStep(step, context);
    await Promise.all(steps.filter(({ step }) => !notWaitedFor.has(step)).map((step) => executeStep(step, context)));
  }

  async #observe(): Promise<ObservedPod> {
    const { runtime, now, volumes } = this.#environment;
    const records = await runtime.containers(this.#pod.metadata.uid ?? '');
    noteVanished(records, this.#memory, now());
    for (const record of records) {
      // What was only made has not run, and may be made again.
      if (record.state === 'created') continue;
      const known = this.#memory.attempts.get(record.container) ?? -1;
      if (record.attempt > known) this.#memory.attempts.set(record.container, record.attempt);
    }
    const pod = this.allocated;
    const observed = observe(pod, records, this.#memory, volumes.has(pod.metadata.uid ?? ''));
    const { sandbox } = observed;
    if (sandbox?.state === 'running' && sandbox.ips.length > 0) this.#memory.podIPs = sandbox.ips;
    this.#followResize(pod, observed);
    await this.#readMessages(observed);
    return observed;
  }

  /** What was allocated is under way until everything that runs has it; an agent that has just started finds it so. */
  #followResize(pod: Pod, observed: ObservedPod): void {
    const { resizing } = this.#memory;
    if (pod === this.#pod) this.#memory.resizePending = undefined;
    if (isResizing(pod, observed)) {
      const told = pod.status?.conditions?.find(({ type }) => type === 'PodResizeInProgress')?.observedGeneration;
      this.#memory.resizing ??= { generation: told ?? pod.metadata.generation };
    } else if (resizing !== undefined) {
      this.#memory.resizing = undefined;
      this.#emitResize('Normal', 'ResizeCompleted', resizeMessage('completed', pod, resizing.generation));
    }
  }

  /** Once for each container that has ended. */
  async #readMessages({ containers }: ObservedPod): Promise<void> {
    const { messages } = this.#memory;
    const { terminationLogs: logs, runtime, log } = this.#environment;
    if (logs === undefined) return;
    for (const { spec, latest, previous } of containers)
      for (const record of [latest, previous]) {
        if (record?.state !== 'exited' || record.id === '' || messages.has(record.id)) continue;
        const message = await terminationMessage(record, spec, { logs, runtime }).catch((err: unknown) => {
          log.warn({ err, container: spec.name, id: record.id }, 'The last words of a container could not be read');
          return '';
        });
        messages.set(record.id, message);
      }
  }

  /** Told at once, without another look; what a probe has given up is ended. */
  #healthChanged(): void {
    if (this.#stopped || this.#gone || this.#observed === undefined) return;
    this.#report(this.#observed);
    this.wake();
  }

  #followHealth(observed: ObservedPod): void {
    const pod = this.#pod;
    const address = pod.spec?.hostNetwork === true ? this.#environment.facts(pod).hostIPs[0] : observed.sandbox?.ips[0];
    this.#probes.sync(pod, observed, address ?? '', (container) => isUp(container, this.#memory));
  }

  /** Before it is carried out: the next agent goes on from there. */
  async #noteAllocation(): Promise<void> {
    const { allocated, attempts } = this.#memory;
    if (this.#notedAllocation === allocated || attempts.size === 0 || this.#gone) return;
    const { checkpoint, log } = this.#environment;
    try {
      await checkpoint.save(this.#pod, progressOf(this.#memory));
      this.#notedAllocation = allocated;
    } catch (err) {
      // Noted later; an agent that starts before that decides on the resize anew.
      log.warn({ err, ...this.#names() }, 'What was allocated to a pod could not be noted');
    }
  }

  /** Before anything is ended: an agent that starts without the bus must not start again what this one was told to end. */
  async #noteEnd(status: PodStatus): Promise<void> {
    const isEnding = this.#pod.metadata.deletionTimestamp !== undefined || this.#memory.doom !== undefined;
    if (this.#endNoted || !isEnding || this.#memory.attempts.size === 0) return;
    const { checkpoint, log } = this.#environment;
    try {
      await checkpoint.save({ ...this.#pod, status }, progressOf(this.#memory));
    } catch (err) {
      // A full disk must not keep pods from ending, which gives room. A pod that is not in the checkpoint is not started without the API either.
      log.warn(
        { err, ...this.#names() },
        'That a pod ends could not be noted; it is struck out of the checkpoint instead',
      );
      await checkpoint.forget(this.#pod.metadata.uid ?? '');
    }
    this.#endNoted = true;
  }

  #report(observed: ObservedPod): PodStatus {
    const { facts, now, report, runtime } = this.#environment;
    const status = podStatus({
      pod: this.allocated,
      observed,
      memory: this.#memory,
      hostIPs: facts(this.#pod).hostIPs,
      recursiveReadOnly: runtime.recursiveReadOnly,
      now: now(),
    });
    if (!this.#memory.removing) report(this.#pod, status);
    return status;
  }

  #names() {
    const { name, namespace, uid } = this.#pod.metadata;
    return { pod: name, namespace, uid };
  }
}

function probeCounter({ metadata }: Pod, { probeMetrics }: PodEnvironment) {
  if (probeMetrics === undefined) return undefined;
  const { uid: podUid = '', name: pod, namespace = '' } = metadata;
  return (container: string, type: string, result: ProbeResult, seconds: number) =>
    probeMetrics.count({ podUid, pod, namespace, container, type }, result, seconds);
}

/** What of a pod decides what is to be done. */
const wishOf = ({ metadata, spec, status }: Pod): readonly unknown[] => [
  metadata.deletionTimestamp,
  metadata.deletionGracePeriodSeconds,
  status?.phase === 'Failed' || status?.phase === 'Succeeded',
  // The deadline runs from here.
  spec?.activeDeadlineSeconds === undefined ? undefined : status?.startTime,
  metadata.labels,
  metadata.annotations,
  spec,
];

/** An agent that has just started believes what its predecessor found out about a container that still runs, until its own probes say more. */
function inheritHealth({ status }: Pod, health: Map<string, Health>): void {
  for (const { containerID, started, ready } of [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ]) {
    const id = containerID?.replace(/^docker:\/\//, '') ?? '';
    const known = health.get(id);
    if (id === '' || (known === undefined ? started !== true : !(known.inherited ?? true))) continue;
    if (known === undefined) health.set(id, { started: true, ready, inherited: true });
    else if (ready) known.ready = true;
  }
}

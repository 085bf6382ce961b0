import type { ApiClient } from '@kubus/shared/bus';
import type { EventRecorder } from '@kubus/shared/events';
import type { Informer, InformerEvent } from '@kubus/shared/informer';
import type { Node, Pod } from '@kubus/shared/schema';
import type { Logger } from '@kubus/shared/telemetry';
import { Algorithm } from './algorithm/algorithm.ts';
import { explainPreemption } from './algorithm/preemption.ts';
import { Binder, type Binding, type BindingOutcome } from './binding/binder.ts';
import { ClusterState } from './cluster/cluster-state.ts';
import { isTerminal, type PodInfo } from './cluster/pod-info.ts';
import type { SchedulerMetrics } from './metrics.ts';
import { PendingQueue, type PendingQueueOptions } from './queue/pending-queue.ts';
import { ConditionWriter } from './report/condition-writer.ts';
import { Wakeups } from './wakeups.ts';

export interface SchedulerOptions {
  api: Pick<ApiClient, 'batch'>;
  pods: Informer<Pod>;
  nodes: Informer<Node>;
  events: EventRecorder;
  log: Logger;
  /** Pods that name another scheduler are left alone. Default 'default-scheduler'. */
  schedulerName?: string;
  percentageOfNodesToScore?: number;
  /** Bindings in one message at most; default 200. */
  batchSize?: number;
  /** Messages with bindings under way at most; default 4. */
  concurrency?: number;
  queue?: PendingQueueOptions;
  /** How long changes are collected before the pods that fit nowhere are looked at again; milliseconds, default 50. */
  wakeupMs?: number;
  /** How often pods that were overlooked or waited for too long are looked for; milliseconds, default 10,000. */
  sweepMs?: number;
  metrics?: SchedulerMetrics;
  random?: () => number;
}

/** How long the algorithm may hold the event loop; milliseconds. */
const SLICE_MS = 5;
/** An assumption that the change log does not confirm in this time is looked at again; milliseconds. */
const ASSUMED_MS = 60_000;

/**
 * Finds a node for every pending pod and binds it. Any number of schedulers may run at once: each proposes from what it knows, and the commit decides. Whatever is
 * refused is tried again after the change log has shown why.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #state = new ClusterState();
  readonly #queue: PendingQueue;
  readonly #algorithm: Algorithm;
  readonly #binder: Binder;
  readonly #conditions: ConditionWriter;
  readonly #wakeups: Wakeups;
  readonly #unsubscribe: (() => void)[] = [];
  readonly #assumedAt = new Map<string, number>();
  #sweeping: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopping = false;

  constructor(options: SchedulerOptions) {
    const { api, log } = options;
    this.#options = options;
    this.#queue = new PendingQueue(options.queue);
    this.#algorithm = new Algorithm({
      nodes: this.#state.table,
      ...(options.random === undefined ? {} : { random: options.random }),
      ...(options.percentageOfNodesToScore === undefined
        ? {}
        : { percentageOfNodesToScore: options.percentageOfNodesToScore }),
    });
    this.#binder = new Binder({
      api,
      onOutcome: (binding, outcome) => this.#settle(binding, outcome),
      ...(options.batchSize === undefined ? {} : { batchSize: options.batchSize }),
      ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
    });
    this.#conditions = new ConditionWriter({ api, log });
    this.#wakeups = new Wakeups({
      queue: this.#queue,
      fits: (info, node) => this.#fitsOn(info, node),
      ...(options.wakeupMs === undefined ? {} : { collectMs: options.wakeupMs }),
    });
    options.metrics?.observe(this.#queue);
  }

  /** The informers have been synced. Nodes first, so that pods find them. */
  start(): void {
    this.#unsubscribe.push(
      this.#options.nodes.onChange((event) => this.#safely(event, () => this.#nodeChanged(event))),
      this.#options.pods.onChange((event) => this.#safely(event, () => this.#podChanged(event))),
    );
    this.#sweeping = setInterval(() => this.#sweep(), this.#options.sweepMs ?? 10_000);
    this.#sweeping.unref();
    this.#running = this.#run();
  }

  /** Takes no more pods, and waits for the bindings under way. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#sweeping);
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#wakeups.stop();
    this.#queue.interrupt();
    await this.#running;
    await this.#binder.drain();
    await this.#conditions.drain();
  }

  /** Which pods are this replica's has changed. */
  repartition(): void {
    this.#queue.repartition();
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      if (this.#binder.full) await this.#binder.nextChange();
      else if (!this.#queue.hasActive) {
        this.#binder.flush();
        await this.#queue.wait(1_000);
      }
      this.#slice();
      // The change log and the answers get their turn.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  #slice(): void {
    const until = performance.now() + SLICE_MS;
    do {
      if (this.#binder.full || this.#stopping) return;
      const info = this.#queue.pop();
      if (info === undefined) break;
      this.#schedule(info);
    } while (performance.now() < until);
    if (!this.#queue.hasActive) this.#binder.flush();
  }

  #schedule(info: PodInfo): void {
    const began = performance.now();
    const slot = this.#algorithm.select(info);
    this.#options.metrics?.algorithm((performance.now() - began) / 1_000);
    if (slot === undefined) {
      this.#fitsNowhere(info);
      return;
    }
    const node = this.#state.table.name(slot);
    this.#state.assume(info, slot);
    this.#assumedAt.set(info.uid, performance.now());
    this.#binder.add({ info, node });
  }

  #fitsNowhere(info: PodInfo): void {
    const message = this.#explain(info);
    this.#options.metrics?.attempt('unschedulable');
    this.#conditions.unschedulable(info.pod, message);
    this.#options.events.event(info.pod, 'Warning', 'FailedScheduling', message);
    this.#queue.unschedulable(info.uid);
  }

  #explain(info: PodInfo): string {
    const diagnosis = this.#algorithm.diagnose(info);
    if (this.#state.nodeCount === 0) return diagnosis.message;
    const preemption = explainPreemption(info, diagnosis, { algorithm: this.#algorithm, state: this.#state });
    // Of claims, kube-scheduler says this about pods without any, too.
    return preemption === undefined
      ? diagnosis.message
      : `${diagnosis.message} no new claims to deallocate, preemption: ${preemption}`;
  }

  #settle({ info, node }: Binding, outcome: BindingOutcome): void {
    if (outcome.result === 'bound') {
      this.#options.metrics?.attempt('scheduled');
      this.#conditions.drop(info.uid);
      this.#queue.done(info.uid);
      this.#options.events.event(info.pod, 'Normal', 'Scheduled', `Successfully assigned ${info.key} to ${node}`);
      return;
    }
    this.#forget(info.uid);
    const { namespace, name } = info.pod.metadata;
    switch (outcome.result) {
      case 'gone':
        // If it is not, the change log will not say so, and it is tried again.
        this.#queue.refused(info.uid);
        return;
      case 'insufficient':
        this.#options.log.debug(
          { namespace, name, node, why: outcome.message },
          'The commit found less room on the node',
        );
        void this.#catchUp(info.uid, outcome.revision);
        return;
      case 'failed':
        this.#options.metrics?.attempt('error');
        this.#options.log.warn({ namespace, name, node, err: outcome.error }, 'A binding failed');
        this.#queue.refused(info.uid);
    }
  }

  /** Another try before the pods that took the room are seen would end the same way. */
  async #catchUp(uid: string, revision: number): Promise<void> {
    this.#options.metrics?.attempt('refused');
    try {
      await Promise.all([this.#options.pods.waitFor(revision), this.#options.nodes.waitFor(revision)]);
      this.#queue.refused(uid, true);
    } catch {
      // It waits with a backoff instead.
      this.#queue.refused(uid);
    }
  }

  /** One object that cannot be read must not stop the others from being scheduled. */
  #safely({ object }: InformerEvent, take: () => void): void {
    try {
      take();
    } catch (err) {
      const { namespace, name } = object.metadata;
      this.#options.log.error({ kind: object.kind, namespace, name, err }, 'An object cannot be read');
    }
  }

  #forget(uid: string): void {
    this.#state.forget(uid);
    this.#assumedAt.delete(uid);
  }

  #nodeChanged({ type, object }: InformerEvent<Node>): void {
    const { name } = object.metadata;
    if (type === 'deleted') {
      this.#state.removeNode(name);
      return;
    }
    const before = this.#state.table.slotOf(name);
    if (before !== undefined && sameForPods(this.#state.table.node(before), object)) return;
    this.#state.putNode(object);
    this.#wakeups.changed(name);
  }

  #podChanged({ type, object }: InformerEvent<Pod>): void {
    const uid = object.metadata.uid ?? '';
    const freed = type === 'deleted' ? this.#state.removePod(uid) : this.#state.putPod(object);
    if (freed !== undefined) this.#wakeups.changed(this.#state.table.name(freed));
    if (type === 'deleted' || !this.#isPending(object)) {
      this.#queue.remove(uid);
      this.#conditions.drop(uid);
      this.#assumedAt.delete(uid);
      return;
    }
    // What is on its way to a node is settled by the answer.
    if (!this.#state.isPlaced(uid)) this.#queue.put(this.#state.read(object));
  }

  #isPending(pod: Pod): boolean {
    const { spec, metadata } = pod;
    if (spec === undefined || (spec.nodeName ?? '') !== '' || metadata.deletionTimestamp !== undefined) return false;
    if ((spec.schedulingGates ?? []).length > 0 || isTerminal(pod)) return false;
    return (spec.schedulerName ?? 'default-scheduler') === (this.#options.schedulerName ?? 'default-scheduler');
  }

  #fitsOn(info: PodInfo, node: string): boolean {
    const slot = this.#state.table.slotOf(node);
    return slot !== undefined && this.#algorithm.fits(info, slot);
  }

  /** Assumptions nobody confirmed, and pods that waited for too long. */
  #sweep(): void {
    this.#queue.flush();
    const oldest = performance.now() - ASSUMED_MS;
    for (const [uid, at] of this.#assumedAt) {
      if (at > oldest) break;
      this.#forget(uid);
    }
    for (const pod of this.#options.pods.list()) {
      const uid = pod.metadata.uid ?? '';
      if (!this.#isPending(pod) || this.#state.isPlaced(uid) || this.#queue.has(uid)) continue;
      this.#safely({ type: 'updated', object: pod }, () => this.#queue.put(this.#state.read(pod)));
    }
  }
}

/** Heartbeats change a node's conditions and times every few seconds; none of that decides where pods go. */
function sameForPods(a: Node, b: Node): boolean {
  const of = ({ metadata, spec, status }: Node) =>
    JSON.stringify([metadata.uid, metadata.labels, spec?.unschedulable, spec?.taints, status?.allocatable]);
  return of(a) === of(b);
}

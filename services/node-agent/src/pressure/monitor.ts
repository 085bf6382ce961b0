import type { Pod } from '@kubus/shared/schema';
import type { Logger } from '@kubus/shared/telemetry';
import type { Doom } from '../pod/doom.ts';
import { type Candidate, eviction, rank, resourceOf } from './rank.ts';
import { conditionOf, exceeded, type PressureCondition, type Signals, type Threshold } from './thresholds.ts';

export interface PressureMonitorOptions {
  thresholds: readonly Threshold[];
  signals(): Promise<Signals>;
  pods(): Pod[];
  /** Bytes of memory or disk that the containers of the pods use, by pod uid and container. */
  usage(of: 'memory' | 'ephemeral-storage'): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>>;
  /** Frees disk space that no pod uses; true when some was freed. */
  reclaimDisk(): Promise<boolean>;
  evict(pod: Pod, doom: Doom): void;
  /** The node begins to free a resource. */
  announce?(resource: string): void;
  /** Most that a pod gets to end for a soft threshold; seconds, kubelet's 0 (evictionMaxPodGracePeriod). */
  maxPodGraceSeconds?: number;
  log: Logger;
  now(): number;
  /** Between two looks; milliseconds, kubelet's 10,000. */
  intervalMs?: number;
}

/** For so long a condition stays after the last pressure (kubelet's evictionPressureTransitionPeriod). */
const transitionMs = 300_000;

/** Memory first: it kills, where a full disk only refuses. Then what bears no delay. */
function byUrgency(a: Threshold, b: Threshold): number {
  const isMemory = ({ signal }: Threshold) => Number(signal === 'memory.available');
  return isMemory(b) - isMemory(a) || Number(a.graceMs !== undefined) - Number(b.graceMs !== undefined);
}

/** Watches what the node runs short of, says so in its conditions, and ends one pod at a time until there is enough (Kubernetes: "Node-pressure Eviction"). */
export class PressureMonitor {
  readonly #options: PressureMonitorOptions &
    Required<Pick<PressureMonitorOptions, 'intervalMs' | 'maxPodGraceSeconds'>>;
  readonly #seen = new Map<PressureCondition, number>();
  /** Since when each threshold is passed. */
  #since = new Map<Threshold, number>();
  /** Those for which pods may go, until their minimum reclaim is free. */
  #due: ReadonlySet<Threshold> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: PressureMonitorOptions) {
    this.#options = { intervalMs: 10_000, maxPodGraceSeconds: 0, ...options };
  }

  /** Conditions that hold now. */
  get conditions(): Set<PressureCondition> {
    const { now } = this.#options;
    return new Set([...this.#seen].filter(([, at]) => now() - at < transitionMs).map(([condition]) => condition));
  }

  /** Nothing is watched without thresholds. */
  start(): void {
    if (this.#options.thresholds.length > 0) this.#schedule(0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** One look, and what follows from it. */
  async look(): Promise<void> {
    const { thresholds, signals, now, reclaimDisk, announce } = this.#options;
    const measured = await signals();
    const passed = exceeded(thresholds, measured, this.#due);
    for (const { signal } of passed) this.#seen.set(conditionOf(signal), now());
    this.#since = new Map(passed.map((threshold) => [threshold, this.#since.get(threshold) ?? now()]));
    const due = passed.filter((threshold) => now() - (this.#since.get(threshold) ?? 0) >= (threshold.graceMs ?? 0));
    this.#due = new Set(due);
    const [worst] = due.toSorted(byUrgency);
    if (worst === undefined) return;
    announce?.(resourceOf(worst));
    if (conditionOf(worst.signal) === 'DiskPressure' && (await reclaimDisk())) return;
    await this.#evictOne(worst, measured);
  }

  async #evictOne(threshold: Threshold, measured: Signals): Promise<void> {
    const { pods, usage, evict, log } = this.#options;
    const signal = measured.get(threshold.signal);
    if (signal === undefined) return;
    const resource = threshold.signal === 'memory.available' ? 'memory' : 'ephemeral-storage';
    const used = await usage(resource);
    const candidates = pods().map((pod): Candidate => ({ pod, usage: used.get(pod.metadata.uid ?? '') ?? new Map() }));
    const [victim] = rank(candidates, resource);
    if (victim === undefined) return;
    const { name, namespace } = victim.pod.metadata;
    log.warn(
      { pod: name, namespace, signal: threshold.signal, ...signal },
      'The node is short of a resource: a pod is evicted',
    );
    evict(victim.pod, eviction(victim, threshold, signal, this.#options.maxPodGraceSeconds));
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.look()
        .catch((err: unknown) => this.#options.log.warn({ err }, 'The pressure on the node could not be measured'))
        .finally(() => this.#schedule(this.#options.intervalMs));
    }, delayMs);
    this.#timer.unref();
  }
}

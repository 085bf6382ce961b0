import type { Container, Probe } from '@kubus/shared/schema';
import type { Outcome, Target } from '../actions/contract.ts';
import type { ProbeResult } from '../metrics/index.ts';
import type { Health } from '../pod/health.ts';
import { countResult, type Streak } from './thresholds.ts';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface ContainerProbesOptions {
  container: Container;
  /** Milliseconds since 1970. */
  startedAt: number;
  health: Health;
  target(): Target;
  run(probe: Probe, target: Target): Promise<Outcome>;
  /** `seconds`: how long it took. */
  count?(kind: string, result: ProbeResult, seconds: number): void;
  emit(reason: 'Unhealthy' | 'ProbeWarning', message: string): void;
  /** `health` has changed. */
  onChange(): void;
  now(): number;
}

const words: Record<ProbeKind, string> = { startup: 'Startup', liveness: 'Liveness', readiness: 'Readiness' };
/** kubelet: maxProbeRetries, for probes that could not be carried out. */
const tries = 3;

/** Probes one running container until it is told to stop; one timer for each probe that is due some time, none for those that wait for the startup probe. */
export class ContainerProbes {
  readonly #options: ContainerProbesOptions;
  readonly #timers = new Map<ProbeKind, NodeJS.Timeout>();
  readonly #streaks = new Map<ProbeKind, Streak>();
  #terminating = false;
  #stopped = false;

  constructor(options: ContainerProbesOptions) {
    this.#options = options;
    if (options.container.startupProbe !== undefined && !options.health.started) this.#begin('startup');
    else this.#beginOthers();
  }

  /** Its pod is being deleted: what is only there to restart it ends. */
  terminate(): void {
    if (this.#terminating) return;
    this.#terminating = true;
    this.#cancel('startup');
    this.#cancel('liveness');
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #beginOthers(): void {
    this.#begin('readiness');
    if (!this.#terminating) this.#begin('liveness');
  }

  #begin(kind: ProbeKind): void {
    const { startedAt, now } = this.#options;
    const probe = this.#probe(kind);
    if (probe === undefined) return;
    this.#schedule(kind, startedAt + (probe.initialDelaySeconds ?? 0) * 1000 - now());
  }

  #schedule(kind: ProbeKind, delayMs: number): void {
    const timer = setTimeout(() => void this.#probeOnce(kind, timer), Math.max(0, delayMs));
    this.#timers.set(kind, timer);
  }

  #cancel(kind: ProbeKind): void {
    clearTimeout(this.#timers.get(kind));
    this.#timers.delete(kind);
  }

  #probe(kind: ProbeKind): Probe | undefined {
    const { startupProbe, livenessProbe, readinessProbe } = this.#options.container;
    return { startup: startupProbe, liveness: livenessProbe, readiness: readinessProbe }[kind];
  }

  async #probeOnce(kind: ProbeKind, timer: NodeJS.Timeout): Promise<void> {
    const probe = this.#probe(kind);
    if (probe === undefined) return;
    const began = performance.now();
    const outcome = await this.#run(kind, probe);
    const seconds = (performance.now() - began) / 1000;
    // Ended or replaced meanwhile: the result is about something else.
    if (this.#stopped || this.#timers.get(kind) !== timer) return;
    const result = outcome === undefined ? 'unknown' : outcome ? 'successful' : 'failed';
    this.#options.count?.(words[kind], result, seconds);
    this.#schedule(kind, (probe.periodSeconds ?? 10) * 1000 - (performance.now() - began));
    if (outcome === undefined) return;
    const { streak, verdict } = countResult(this.#streaks.get(kind), outcome, probe);
    this.#streaks.set(kind, streak);
    if (verdict !== undefined) this.#decide(kind, verdict);
  }

  /** Undefined when it could not be carried out. */
  async #run(kind: ProbeKind, probe: Probe): Promise<boolean | undefined> {
    const { run, target, emit } = this.#options;
    for (let left = tries; ; left--) {
      try {
        const { result, output } = await run(probe, target());
        if (this.#stopped) return undefined;
        if (result === 'failure') emit('Unhealthy', `${words[kind]} probe failed: ${output}`);
        if (result === 'warning') emit('ProbeWarning', `${words[kind]} probe warning: ${output}`);
        return result !== 'failure';
      } catch (error) {
        if (this.#stopped) return undefined;
        if (left > 1) continue;
        const why = error instanceof Error ? error.message : String(error);
        emit('Unhealthy', `${words[kind]} probe errored and resulted in unknown state: ${why}`);
        return undefined;
      }
    }
  }

  #decide(kind: ProbeKind, good: boolean): void {
    const { health, onChange } = this.#options;
    const before = JSON.stringify(health);
    health.inherited = false;
    if (kind === 'readiness') health.ready = good;
    else if (!good) {
      health.failed = kind;
      // The container is ended; until there is a new one nothing is asked of it.
      this.stop();
    } else if (kind === 'startup') {
      health.started = true;
      this.#cancel('startup');
      this.#beginOthers();
    }
    if (JSON.stringify(health) !== before) onChange();
  }
}

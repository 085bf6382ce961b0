import type { Pod, Probe } from '@kubus/shared/schema';
import type { Outcome, Target } from '../actions/contract.ts';
import type { ProbeResult } from '../metrics/index.ts';
import { type Health, hasProbes } from '../pod/health.ts';
import type { ObservedContainer, ObservedPod } from '../pod/observe.ts';
import { ContainerProbes } from './container-probes.ts';

export interface PodProbesOptions {
  /** Written here, by the container's id. */
  health: Map<string, Health>;
  /** Undefined where nothing can be asked (simulated containers): then every container is well. */
  run: ((probe: Probe, target: Target) => Promise<Outcome>) | undefined;
  emit(container: string, reason: 'Unhealthy' | 'ProbeWarning', message: string): void;
  count?: ((container: string, kind: string, result: ProbeResult, seconds: number) => void) | undefined;
  onChange(): void;
  now(): number;
}

/** Follows the containers of one pod: each that runs is probed, from its start to its end. */
export class PodProbes {
  readonly #options: PodProbesOptions;
  readonly #running = new Map<string, ContainerProbes>();
  #address = '';
  #stopped = false;

  constructor(options: PodProbesOptions) {
    this.#options = options;
  }

  /** `isUp` tells containers that are not to be probed yet; `address` is the pod's. */
  sync(pod: Pod, observed: ObservedPod, address: string, isUp: (container: ObservedContainer) => boolean): void {
    // A round that was under way when the pod was let go must not begin anew.
    if (this.#stopped) return;
    this.#address = address;
    const ids = new Set(observed.records.map(({ id }) => id));
    for (const id of this.#options.health.keys()) if (!ids.has(id)) this.#options.health.delete(id);
    for (const container of observed.containers) if (hasProbes(container)) this.#follow(container, isUp(container));
    const live = new Set(observed.records.filter(({ state }) => state === 'running').map(({ id }) => id));
    for (const [id, probes] of this.#running) {
      if (!live.has(id)) {
        probes.stop();
        this.#running.delete(id);
      } else if (pod.metadata.deletionTimestamp !== undefined) probes.terminate();
    }
  }

  /** For good. */
  stop(): void {
    this.#stopped = true;
    for (const probes of this.#running.values()) probes.stop();
    this.#running.clear();
  }

  #follow(container: ObservedContainer, isUp: boolean): void {
    const { health: all, run, emit, count, onChange, now } = this.#options;
    const { latest, spec } = container;
    if (latest?.state !== 'running' || !isUp || this.#running.has(latest.id)) return;
    if (run === undefined) {
      all.set(latest.id, { started: true, ready: true });
      return;
    }
    const health = all.get(latest.id) ?? { started: spec.startupProbe === undefined, ready: false };
    all.set(latest.id, health);
    if (health.failed !== undefined) return;
    const { id } = latest;
    this.#running.set(
      id,
      new ContainerProbes({
        container: spec,
        startedAt: startOf(latest.startedAt, now()),
        health,
        target: () => ({ id, container: spec, address: this.#address }),
        run,
        emit: (reason, message) => emit(spec.name, reason, message),
        count: (kind, result, seconds) => count?.(spec.name, kind, result, seconds),
        onChange,
        now,
      }),
    );
  }
}

/** The runtime's times are in whole seconds: a container that has just been seen to run may be up to a second younger. */
function startOf(startedAt: string | undefined, now: number): number {
  const start = Date.parse(startedAt ?? '');
  return Number.isNaN(start) ? now : Math.min(now, start + 999);
}

import { encodeUsage, formatUsageSubject, type UsageReport } from '@kubus/shared/bus';
import type { Logger } from '@kubus/shared/telemetry';
import type { ContainerRecord } from '../runtime/contract.ts';
import type { UsageSource } from './contract.ts';
import { reportOf, type Sample } from './rates.ts';

export interface UsageReporterOptions {
  node: string;
  source: UsageSource;
  /** Containers of this node's pods. */
  records(): Promise<ContainerRecord[]>;
  publish(subject: string, data: Uint8Array): void;
  log: Logger;
  /** Between two measurements; milliseconds. */
  intervalMs: number;
  now?: () => number;
}

/** Measures a node and its pods at intervals and tells whoever listens. Nothing waits for it, and a report that is lost is made up for by the next. */
export class UsageReporter {
  readonly #options: UsageReporterOptions;
  readonly #now: () => number;
  #last: Sample | undefined;
  #report: UsageReport | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: UsageReporterOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  start(): void {
    void this.#round();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** The last one. */
  get report(): UsageReport | undefined {
    return this.#report;
  }

  /** One measurement; gives back what was used since the one before, once there is one. */
  async measure(): Promise<UsageReport | undefined> {
    const { source, records } = this.#options;
    const running = (await records()).filter(({ state, container }) => state === 'running' && container !== '');
    const [node, containers] = await Promise.all([source.node(), source.containers(running.map(({ id }) => id))]);
    const before = this.#last;
    this.#last = { time: this.#now(), node, containers: new Map(containers.map((usage) => [usage.id, usage])) };
    this.#report = before === undefined ? undefined : reportOf(before, this.#last, running);
    return this.#report;
  }

  async #round(): Promise<void> {
    const { node, publish, log, intervalMs } = this.#options;
    try {
      const report = await this.measure();
      if (report !== undefined && !this.#stopped) publish(formatUsageSubject(node), encodeUsage(report));
    } catch (err) {
      log.warn({ err, node }, 'Usage could not be measured');
    }
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#round(), intervalMs);
    this.#timer.unref();
  }
}

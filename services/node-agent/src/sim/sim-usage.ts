import { encodeUsage, formatUsageSubject, type Usage, type UsageReport } from '@kubus/shared/bus';
import type { ContainerRecord } from '../runtime/contract.ts';

export interface SimUsageOptions {
  nodes: readonly string[];
  containers(): Promise<ContainerRecord[]>;
  usage(id: string): Usage;
  nodeOf(podUid: string): string | undefined;
  publish(subject: string, data: Uint8Array): void;
  /** Between two reports; milliseconds. */
  intervalMs: number;
  now?: () => number;
}

/** What simulated nodes say that they use: the sum of what their containers play. */
export class SimUsage {
  readonly #options: SimUsageOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SimUsageOptions) {
    this.#options = options;
  }

  start(): void {
    void this.report();
    this.#timer = setInterval(() => void this.report(), this.#options.intervalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async report(): Promise<void> {
    const { nodes, containers, usage, nodeOf, publish, intervalMs, now = Date.now } = this.#options;
    const reports = new Map(nodes.map((node) => [node, emptyReport(now(), intervalMs)]));
    for (const { id, state, container, podUid, podName, podNamespace } of await containers()) {
      const report = reports.get(nodeOf(podUid) ?? '');
      if (report === undefined || state !== 'running' || container === '') continue;
      const used = usage(id);
      report.node.cpuNanos += used.cpuNanos;
      report.node.memoryBytes += used.memoryBytes;
      const last = report.pods.at(-1);
      // Containers of one pod come one after the other.
      if (last?.uid === podUid) last.containers.push({ name: container, ...used });
      else
        report.pods.push({
          uid: podUid,
          namespace: podNamespace,
          name: podName,
          containers: [{ name: container, ...used }],
        });
    }
    for (const [node, report] of reports) publish(formatUsageSubject(node), encodeUsage(report));
  }
}

const emptyReport = (time: number, windowMs: number): UsageReport => ({
  time,
  windowMs,
  node: { cpuNanos: 0, memoryBytes: 0 },
  pods: [],
});

import type { PodInfo } from './cluster/pod-info.ts';
import type { PendingQueue } from './queue/pending-queue.ts';

/** With more nodes changed at once, pods are tried without asking whether it helps. */
const mostNodes = 200;

export interface WakeupsOptions {
  queue: PendingQueue;
  /** Whether the pod fits the node now. */
  fits: (info: PodInfo, node: string) => boolean;
  /** How long changes are collected; milliseconds, default 50. */
  collectMs?: number;
}

/**
 * Wakes pods that fitted nowhere when a node has changed or has become emptier, but only those that fit that node now: what kube-scheduler's queueing hints
 * guess by the kind of the change is here simply tried.
 */
export class Wakeups {
  readonly #options: WakeupsOptions;
  readonly #nodes = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WakeupsOptions) {
    this.#options = options;
  }

  changed(node: string): void {
    this.#nodes.add(node);
    this.#timer ??= setTimeout(() => this.#look(), this.#options.collectMs ?? 50);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    this.#timer = undefined;
    const nodes = [...this.#nodes];
    this.#nodes.clear();
    const many = nodes.length > mostNodes;
    this.#options.queue.awaken((info) => many || nodes.some((node) => this.#options.fits(info, node)));
  }
}

import type { Informer } from '@kubus/shared/informer';
import type { Lease, Node } from '@kubus/shared/schema';
import type { Clock } from '../common/context.ts';
import { readyCondition } from './taints.ts';

const leaseNamespace = 'kube-node-lease';

/**
 * When each node last gave a sign of life, by the clock of this process: clocks of nodes are not to be trusted. A process that has just started has seen
 * every node now, so that each gets its full grace period. How long that is ago is measured without the date: no node has been silent because that was set.
 */
export class Heartbeats {
  readonly #clock: Clock;
  /** By the monotonic clock. */
  readonly #seen = new Map<string, number>();
  #disrupted = false;

  constructor(nodes: Informer<Node>, leases: Informer<Lease>, clock: Clock) {
    this.#clock = clock;
    nodes.onChange(({ type, object, previous }) => {
      const { name } = object.metadata;
      if (type === 'deleted') this.#seen.delete(name);
      else if (previous === undefined || heartbeatOf(previous) !== heartbeatOf(object)) this.#see(name);
    });
    leases.onChange(({ type, object, previous }) => {
      if (object.metadata.namespace !== leaseNamespace || type === 'deleted') return;
      if (previous === undefined || previous.spec?.renewTime !== object.spec?.renewTime)
        this.#see(object.metadata.name);
    });
  }

  /** In the time of the clock as it is set now. */
  lastSeen(node: string): number {
    const silentMs = this.#monotonic() - (this.#seen.get(node) ?? this.#see(node));
    return this.#clock.now() - silentMs;
  }

  /** Told whenever the zones were looked at. When not all is dark any more, every node gets its grace period anew, to show that it is there. */
  noteDisruption(all: boolean): void {
    if (this.#disrupted && !all) for (const node of this.#seen.keys()) this.#see(node);
    this.#disrupted = all;
  }

  #see(node: string): number {
    const now = this.#monotonic();
    this.#seen.set(node, now);
    return now;
  }

  #monotonic(): number {
    return this.#clock.monotonic?.() ?? this.#clock.now();
  }
}

function heartbeatOf(node: Node): string | undefined {
  return readyCondition(node.status?.conditions ?? [])?.lastHeartbeatTime;
}

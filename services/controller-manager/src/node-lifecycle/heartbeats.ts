import type { Informer } from '@kubus/shared/informer';
import type { Lease, Node } from '@kubus/shared/schema';
import type { Clock } from '../common/context.ts';
import { readyCondition } from './taints.ts';

const leaseNamespace = 'kube-node-lease';

/**
 * When each node last gave a sign of life, by the clock of this process: clocks of nodes are not to be trusted. A process that has just started has seen
 * every node now, so that each gets its full grace period.
 */
export class Heartbeats {
  readonly #clock: Clock;
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

  lastSeen(node: string): number {
    return this.#seen.get(node) ?? this.#see(node);
  }

  /** Told whenever the zones were looked at. When not all is dark any more, every node gets its grace period anew, to show that it is there. */
  noteDisruption(all: boolean): void {
    if (this.#disrupted && !all) for (const node of this.#seen.keys()) this.#see(node);
    this.#disrupted = all;
  }

  #see(node: string): number {
    const now = this.#clock.now();
    this.#seen.set(node, now);
    return now;
  }
}

function heartbeatOf(node: Node): string | undefined {
  return readyCondition(node.status?.conditions ?? [])?.lastHeartbeatTime;
}

import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { EventRecorder } from '@kubus/shared/events';
import type { Informer } from '@kubus/shared/informer';
import type { Controller, ReconcileKey, ReconcileResult, Watch } from '@kubus/shared/reconcile';
import type { Lease, Node, Pod, Taint } from '@kubus/shared/schema';
import type { ControllerContext } from '../common/context.ts';
import { nodeIndex } from '../common/indexes.ts';
import { execute } from './execute.ts';
import { Heartbeats } from './heartbeats.ts';
import { plan } from './plan.ts';
import type { NodeLifecycleSettings } from './settings.ts';
import { evictionTaintOf } from './taints.ts';
import { observeZones, type Zones, zoneOf } from './zones.ts';

export { type NodeLifecycleSettings, nodeLifecycleEnvironment, nodeLifecycleSettings } from './settings.ts';

const nodes = { group: '', resource: 'nodes' };
const leases = { group: 'coordination.k8s.io', resource: 'leases' };
const pods = { group: '', resource: 'pods' };

/** Zones are looked at for each node that is not well; what was seen so long ago still holds. Milliseconds. */
const zonesHoldMs = 1_000;
/** A node is announced when it is no older than this; milliseconds. */
const newMs = 60_000;

/** Watches over nodes: says of a silent one that it is unknown, taints it, and has its pods go elsewhere. A key is a node. */
export function createNodeLifecycleController(context: ControllerContext, settings: NodeLifecycleSettings): Controller {
  return new NodeLifecycleController(context, settings);
}

class NodeLifecycleController implements Controller {
  readonly name = 'node-lifecycle';
  /** A look at a node that is lost with its job is made up for soon. */
  readonly resyncMs = 60_000;
  readonly reads = [nodes, leases, pods];
  /** Leases are many and mostly renewed in time: they are looked at when the grace period would end. */
  readonly watches: readonly Watch[] = [
    { resource: nodes, map: ({ metadata }) => [{ namespace: '', name: metadata.name }] },
  ];
  readonly #context: ControllerContext;
  readonly #settings: NodeLifecycleSettings;
  readonly #nodes: Informer<Node>;
  readonly #pods: Informer<Pod>;
  readonly #heartbeats: Heartbeats;
  readonly #events: EventRecorder;
  readonly #announced = new Set<string>();
  readonly #evictedAt = new Map<string, number>();
  #zones: { seen: Zones; at: number } | undefined;

  constructor(context: ControllerContext, settings: NodeLifecycleSettings) {
    this.#context = context;
    this.#settings = settings;
    this.#nodes = context.informers.get<Node>(nodes);
    this.#pods = context.informers.get<Pod>(pods);
    this.#heartbeats = new Heartbeats(this.#nodes, context.informers.get<Lease>(leases), context.clock);
    this.#events = context.events('node-controller');
  }

  keys(): ReconcileKey[] {
    return this.#nodes.list().map(({ metadata }) => ({ namespace: '', name: metadata.name }));
  }

  async reconcile({ name }: ReconcileKey): Promise<ReconcileResult> {
    const node = this.#nodes.get('', name);
    if (node === undefined) return undefined;
    const now = this.#context.clock.now();
    this.#announce(node, now);
    const observed = {
      node,
      pods: this.#pods.byIndex(nodeIndex, name),
      lastSeen: this.#heartbeats.lastSeen(name),
      zones: this.#withOwn(this.#observeZones(now)),
    };
    const { actions, nextLook } = plan(observed, this.#settings, now);
    if (actions.some((action) => action.type === 'setTaints' && givesUp(action.taints, node))) {
      this.#evictedAt.set(zoneOf(node), now);
    }
    try {
      await execute(actions, node, { api: this.#context.api, events: this.#events, clock: this.#context.clock });
    } catch (error) {
      // The change that was in the way brings the key back.
      if (isConflict(error) || isNotFound(error)) return { requeueAfter: 100 };
      throw error;
    }
    return { requeueAfter: nextLook };
  }

  #observeZones(now: number): Zones {
    if (this.#zones === undefined || now - this.#zones.at >= zonesHoldMs) {
      this.#zones = { seen: observeZones(this.#nodes.list()), at: now };
      this.#heartbeats.noteDisruption(this.#zones.seen.allDisrupted);
    }
    return this.#zones.seen;
  }

  /** Reconciles that run at once must not each take the same turn: what they decided counts before it is seen. */
  #withOwn(zones: Zones): Zones {
    const of = (node: Node) => {
      const zone = zones.of(node);
      const own = this.#evictedAt.get(zoneOf(node)) ?? 0;
      return own > (zone.lastEviction ?? 0) ? { ...zone, lastEviction: own } : zone;
    };
    return { ...zones, of };
  }

  #announce(node: Node, now: number): void {
    const { uid = '', name, creationTimestamp = '' } = node.metadata;
    if (this.#announced.has(uid)) return;
    this.#announced.add(uid);
    if (now - Date.parse(creationTimestamp) < newMs) {
      this.#events.event(node, 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
    }
  }
}

/** The node is not given up yet, and will be with these taints. */
function givesUp(taints: readonly Taint[], node: Node): boolean {
  const after = { ...node, spec: { ...node.spec, taints: [...taints] } };
  return evictionTaintOf(node) === undefined && evictionTaintOf(after) !== undefined;
}

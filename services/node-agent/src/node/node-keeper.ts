import { isDeepStrictEqual } from 'node:util';
import type { ApiClient } from '@kubus/shared/bus';
import { isAlreadyExists, isConflict, isNotFound } from '@kubus/shared/errors';
import type { EventRecorder } from '@kubus/shared/events';
import type { Lease, Node, NodeStatus } from '@kubus/shared/schema';
import type { Logger } from '@kubus/shared/telemetry';
import { formatTime } from '../pod/times.ts';
import { nodeEvents } from './node-events.ts';
import { type NodeFacts, nodeObject, nodeStatus } from './node-object.ts';

const nodes = { group: '', version: 'v1', resource: 'nodes' };
const leases = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases', namespace: 'kube-node-lease' };

/** kubelet: nodeStatusReportFrequency, after which an unchanged status is sent again. */
const statusMs = 300_000;

export interface NodeKeeperOptions {
  api: Pick<ApiClient, 'request'>;
  /** Of the node. */
  name: string;
  facts(): Promise<NodeFacts>;
  /** Told of what becomes of the node. */
  events: EventRecorder;
  log: Logger;
  /** kubelet: nodeLeaseDurationSeconds, default 40. After a quarter of it the lease is renewed, and the node looked at. */
  leaseSeconds?: number;
  now?: () => number;
}

/** Keeps the node's own objects in the API: registers the Node, reports its status, renews its Lease. */
export class NodeKeeper {
  readonly #options: NodeKeeperOptions;
  readonly #now: () => number;
  readonly #leaseSeconds: number;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  #lease: Lease | undefined;
  #reportedAt = 0;
  #unschedulable = false;
  #stopped = false;

  constructor(options: NodeKeeperOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#leaseSeconds = options.leaseSeconds ?? 40;
  }

  /** Resolves once the node is registered and has reported its status; tries until then. */
  async start(): Promise<void> {
    this.#options.events.event(this.#reference(), 'Normal', 'Starting', 'Starting kubelet.');
    while (!this.#stopped) {
      try {
        await this.#reportStatus();
        await this.#renew();
        break;
      } catch (err) {
        this.#options.log.warn({ err }, 'The node could not be registered; trying again');
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
    // Apart from each other: a runtime that does not answer must not hold up the lease, or the node counts as lost and not as unwell.
    this.#repeat('lease', () => this.#renew());
    this.#repeat('status', () => this.#reportStatus());
  }

  /** Something about the node has changed that others should know at once. */
  report(): Promise<void> {
    return this.#reportStatus();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all(this.#running);
  }

  #repeat(what: string, work: () => Promise<void>): void {
    if (this.#stopped) return;
    const round = async () => {
      await work().catch((err: unknown) =>
        this.#options.log.warn({ err, what }, 'The node could not report; trying again'),
      );
      this.#running.delete(running);
      this.#repeat(what, work);
    };
    let running: Promise<void> = Promise.resolve();
    this.#timers.set(
      what,
      setTimeout(() => {
        running = round();
        this.#running.add(running);
      }, this.#leaseSeconds * 250),
    );
  }

  /** Compared with the node as the API has it: the controllers may have declared it lost meanwhile. */
  async #reportStatus(): Promise<void> {
    const facts = await this.#options.facts();
    const now = this.#now();
    const known = (await this.#get(facts.name)) ?? (await this.#register(facts));
    const status = nodeStatus(facts, known, formatTime(now));
    const same = isDeepStrictEqual(essence(known?.status), essence(status));
    const wasUnschedulable = this.#unschedulable;
    const news = nodeEvents(known, status, { name: facts.name, wasUnschedulable });
    if (same && news.length === 0 && now - this.#reportedAt < statusMs) return;
    await this.#patchStatus(facts.name, withoutOthers(status, known));
    this.#reportedAt = now;
    this.#unschedulable = known?.spec?.unschedulable === true;
    for (const { type, reason, message } of news) this.#options.events.event(this.#reference(), type, reason, message);
  }

  /** kubelet names its node by name in place of a uid. */
  #reference() {
    const { name } = this.#options;
    return { apiVersion: 'v1', kind: 'Node', name, uid: name };
  }

  async #get(name: string): Promise<Node | undefined> {
    try {
      return await this.#options.api.request<Node>({ verb: 'get', ...nodes, name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  #patchStatus(name: string, status: unknown): Promise<Node> {
    const contentType = 'application/strategic-merge-patch+json';
    return this.#options.api.request<Node>({
      verb: 'patch',
      ...nodes,
      name,
      subresource: 'status',
      contentType,
      body: { status },
    });
  }

  async #register(facts: NodeFacts): Promise<Node | undefined> {
    try {
      return await this.#options.api.request<Node>({ verb: 'create', ...nodes, body: nodeObject(facts) });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return this.#get(facts.name);
    }
  }

  async #renew(): Promise<void> {
    const { name } = this.#options;
    const renewTime = new Date(this.#now()).toISOString().replace('Z', '000Z');
    const spec = { holderIdentity: name, leaseDurationSeconds: this.#leaseSeconds, renewTime };
    const { api } = this.#options;
    if (this.#lease !== undefined) {
      try {
        this.#lease = await api.request<Lease>({ verb: 'update', ...leases, name, body: { ...this.#lease, spec } });
        return;
      } catch (error) {
        this.#lease = undefined;
        if (!isConflict(error) && !isNotFound(error)) throw error;
      }
    }
    this.#lease = await this.#createOrGet(name, spec);
  }

  async #createOrGet(name: string, spec: Lease['spec']): Promise<Lease> {
    const { api } = this.#options;
    try {
      const found = await api.request<Lease>({ verb: 'get', ...leases, name });
      return await api.request<Lease>({
        verb: 'update',
        ...leases,
        name,
        body: { ...found, ...(spec === undefined ? {} : { spec }) },
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const metadata = { name, namespace: leases.namespace };
    const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
    return api.request<Lease>({ verb: 'create', ...leases, body });
  }
}

/** As a patch, which takes away what pods could use and is not there any more. */
function withoutOthers(status: NodeStatus, known: Node | undefined): object {
  const gone = Object.keys(known?.status?.allocatable ?? {}).map((name) => [name, null]);
  return { ...status, allocatable: { ...Object.fromEntries(gone), ...status.allocatable } };
}

/** A status without its times. Only what the agent reports is looked at: conditions of others are theirs. */
function essence(status: NodeStatus | undefined): unknown {
  const own = new Set(['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready']);
  const conditions = (status?.conditions ?? []).filter(({ type }) => own.has(type));
  return [
    status?.capacity,
    status?.allocatable,
    status?.addresses,
    status?.nodeInfo,
    status?.images,
    conditions.map(({ type, status: is, reason, message }) => [type, is, reason, message].join('\n')).sort(),
  ];
}

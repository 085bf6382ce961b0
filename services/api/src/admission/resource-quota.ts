import type { GroupResource, KubeObject } from '@kubus/shared/object';
import { addTotals, exceeding, growth, mask, type Totals, toList, totalsOf } from '@kubus/shared/object';
import { countUsage, isCovered, mayGrow, missingFrom, namesOf, usageOf } from '@kubus/shared/quota';
import type { Pod, ResourceQuota } from '@kubus/shared/schema';
import type { Operation, Store } from '@kubus/shared/store';
import { type Companion, type CompanionResult, commitWith } from '../allocation/index.ts';
import { forbidden } from '../authz/index.ts';
import type { LiveView } from '../storage/index.ts';

const quotas: GroupResource = { group: '', resource: 'resourcequotas' };

/** A write that may use more of its namespace's quotas. */
export interface QuotaRequest {
  resource: GroupResource;
  subresource: string;
  namespace: string;
  object: KubeObject;
  /** Absent for a creation. */
  old?: KubeObject | undefined;
}

export interface QuotaGateOptions {
  /** By namespace. */
  view: LiveView<ResourceQuota>;
  store: Store;
  /** Every kind that is stored in namespaces. */
  kinds: () => readonly GroupResource[];
  now?: () => number;
  /** Nothing is held to any quota. Default false. */
  off?: boolean;
}

/**
 * Lets a write through that its namespace's quotas have room for (Kubernetes: ResourceQuota). What it uses is booked in the quota's status in the
 * same commit, under the revision that was looked at: of two writes that want the last of something, whichever replica they come to, one is refused.
 * The quota controller gives back what is freed; before a refusal it is counted here, so that nobody waits for the controller.
 */
export class ResourceQuotaGate {
  readonly #view: LiveView<ResourceQuota>;
  readonly #store: Store;
  readonly #kinds: () => readonly GroupResource[];
  readonly #now: () => number;
  readonly #off: boolean;
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor({ view, store, kinds, now = Date.now, off = false }: QuotaGateOptions) {
    this.#off = off;
    this.#view = view;
    this.#store = store;
    this.#kinds = kinds;
    this.#now = now;
  }

  /** Whether the write has anything to do with a quota: asked of every write, so it waits for nothing. */
  concerns({ namespace, resource, subresource, old }: Omit<QuotaRequest, 'object'>): boolean {
    if (this.#off || namespace === '' || this.#view.size === 0) return false;
    if (old !== undefined && !mayGrow(resource, subresource)) return false;
    return this.#quotasOf(namespace).some((quota) => namesOf(quota, resource).length > 0);
  }

  /** Throws Forbidden. Writes of one namespace come one after the other here: they would only get into each other's way. */
  commit(request: QuotaRequest, operation: Operation, companions: readonly Companion[] = []): Promise<CompanionResult> {
    const before = this.#turns.get(request.namespace) ?? Promise.resolve();
    const turn = before.then(() => this.#commit(request, operation, companions));
    const settled = turn
      .catch(() => undefined)
      .then(() => {
        if (this.#turns.get(request.namespace) === settled) this.#turns.delete(request.namespace);
      });
    this.#turns.set(request.namespace, settled);
    return turn;
  }

  /** What a dry run would be told. Throws Forbidden. */
  async check(request: QuotaRequest): Promise<void> {
    await this.#book(request);
  }

  async #commit(
    request: QuotaRequest,
    operation: Operation,
    companions: readonly Companion[],
  ): Promise<CompanionResult> {
    for (;;) {
      const result = await commitWith(this.#store, operation, companions, await this.#book(request));
      // Aborted: a quota has changed meanwhile, so it is looked at again.
      if (result.ok || result.refusal.reason !== 'Aborted') return result;
    }
  }

  #quotasOf(namespace: string): ResourceQuota[] {
    return [...this.#view.inNamespace(namespace)];
  }

  async #book(request: QuotaRequest): Promise<Operation[]> {
    const keys = this.#quotasOf(request.namespace).map(({ metadata }) => ({
      ...quotas,
      namespace: request.namespace,
      name: metadata.name,
    }));
    const found = (await this.#store.getMany(keys)) as (ResourceQuota | undefined)[];
    const operations: Operation[] = [];
    for (const quota of found) {
      const used = quota && (await this.#usedAfter(quota, request));
      if (quota === undefined || used === undefined) continue;
      const status = { hard: toList(totalsOf(quota.spec?.hard)), used: toList(used) };
      const preconditions = { resourceVersion: quota.metadata.resourceVersion as string };
      const key = { ...quotas, namespace: request.namespace, name: quota.metadata.name };
      operations.push({ type: 'update', key, object: { ...quota, status } as ResourceQuota, preconditions });
    }
    return operations;
  }

  /** Undefined when the quota does not come into it. */
  async #usedAfter(quota: ResourceQuota, request: QuotaRequest): Promise<Totals | undefined> {
    const { resource, object, old } = request;
    const names = namesOf(quota, resource);
    if (names.length === 0 || quota.metadata.deletionTimestamp !== undefined) return undefined;
    if (!isCovered(quota.spec, resource, object)) return undefined;
    if (old === undefined) refuseSilent(request, quota, names);
    const before: Totals = old === undefined ? new Map() : usageOf(resource, old, this.#now());
    const asked = mask(growth(usageOf(resource, object, this.#now()), before), names);
    if (asked.size === 0) return undefined;
    const hard = totalsOf(quota.spec?.hard);
    const booked = totalsOf(quota.status?.used);
    const isCounted = names.every((name) => booked.has(name));
    if (isCounted && exceeding(sum(booked, asked), hard).every((name) => !asked.has(name))) return sum(booked, asked);
    const counted = await this.#count(quota);
    const exceeded = exceeding(sum(counted, asked), hard).filter((name) => asked.has(name));
    if (exceeded.length > 0) throw exceededError(request, quota, exceeded, asked, counted);
    return sum(counted, asked);
  }

  async #count(quota: ResourceQuota): Promise<Totals> {
    const used: Totals = new Map();
    for (const kind of this.#kinds()) {
      if (namesOf(quota, kind).length === 0) continue;
      const { items } = await this.#store.list({ ...kind, namespace: quota.metadata.namespace as string });
      addTotals(used, countUsage(quota, kind, items, this.#now()));
    }
    return used;
  }
}

function sum(a: Totals, b: Totals): Totals {
  const total = new Map(a);
  addTotals(total, b);
  return total;
}

/** A quota of computing resources holds only over pods that say how much they take. */
function refuseSilent({ resource, object }: QuotaRequest, quota: ResourceQuota, names: readonly string[]): void {
  const { spec } = object as Pod;
  if (resource.group !== '' || resource.resource !== 'pods' || spec === undefined) return;
  const missing = missingFrom(spec, names);
  if (missing === undefined) return;
  throw forbidden(resource, object.metadata.name, `failed quota: ${quota.metadata.name}: ${missing}`);
}

function exceededError(
  { resource, object }: QuotaRequest,
  quota: ResourceQuota,
  exceeded: readonly string[],
  asked: Totals,
  used: Totals,
): Error {
  const show = (totals: Totals): string => exceeded.map((name) => `${name}=${totals.get(name) ?? '0'}`).join(',');
  const limits = show(totalsOf(quota.spec?.hard));
  const why = `exceeded quota: ${quota.metadata.name}, requested: ${show(asked)}, used: ${show(used)}, limited: ${limits}`;
  return forbidden(resource, object.metadata.name, why);
}

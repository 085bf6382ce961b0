import { type ApiClient, type DesiredSetKey, formatDesiredKey, parseDesiredKey } from '@kubus/shared/bus';
import type { GroupResource, KubeObject } from '@kubus/shared/object';
import type { Controller, ReconcileKey, ReconcileResult, Watch } from '@kubus/shared/reconcile';
import type { Clock, InformerSet } from '../common/context.ts';
import { semanticEqual } from '../common/equality.ts';
import type { ServedKinds } from '../common/served-kinds.ts';
import { formatTime } from '../common/time.ts';
import type { DesiredBuckets, Noted, Published } from './buckets.ts';
import { apply, dryRun, remove, type SetClient } from './execute.ts';
import { desiredSets } from './feed.ts';
import { parseManifest } from './manifest.ts';
import { checkSet, fieldManagerOf, joinInventory, planDrift, planPrune, type SetObject, setOf } from './plan.ts';
import { type InventoryEntry, identify, type SetError, type SetPhase, type SetStatus } from './status.ts';

export { DesiredBuckets } from './buckets.ts';
export { DesiredSetFeed, desiredSets } from './feed.ts';

export interface DesiredSetOptions {
  buckets: Pick<DesiredBuckets, 'published' | 'status' | 'writeStatus' | 'keys'>;
  /** The API as the owner of a namespace, or of the cluster for '_cluster'. */
  apiFor(namespace: string): Pick<ApiClient, 'batch'>;
  kinds: ServedKinds;
  informers: Pick<InformerSet, 'get'>;
  /** Resources whose objects are watched for drift; those that informers follow. */
  followed: readonly GroupResource[];
  clock: Clock;
}

/** What was refused is looked at again: a namespace may have been made, a quota raised. */
const refusedMs = 60_000;
/** An object that is being deleted is in the way of its successor. */
const terminatingMs = 500;

/** Makes the cluster as the bucket of desired sets says: publish a manifest and it is applied, publish less and it is pruned, delete it and it goes. */
export function createDesiredSetController(options: DesiredSetOptions): Controller {
  return new DesiredSetController(options);
}

class DesiredSetController implements Controller {
  readonly name = 'desired-set';
  /** What one set needs is small; the API is the limit. */
  readonly concurrency = 8;
  /** A job lost is a manifest not applied. */
  readonly resyncMs = 120_000;
  readonly watches: readonly Watch[];
  readonly reads: readonly GroupResource[];
  readonly #options: DesiredSetOptions;
  readonly #followed: ReadonlySet<string>;

  constructor(options: DesiredSetOptions) {
    this.#options = options;
    this.reads = options.followed;
    this.#followed = new Set(options.followed.map(nameOf));
    this.watches = [
      { resource: desiredSets, map: ({ metadata }) => [{ namespace: metadata.namespace ?? '', name: metadata.name }] },
      ...options.followed.map((resource) => ({ resource, map: keysForObject })),
    ];
  }

  keys(): Promise<readonly ReconcileKey[]> {
    return this.#options.buckets.keys();
  }

  async reconcile(set: ReconcileKey): Promise<ReconcileResult> {
    const published = await this.#options.buckets.published(set);
    // A key that nobody deleted and that is not there was lost with its bucket: what it made stays.
    if (published === undefined) return undefined;
    const run = new SetRun(this.#options, set, published, await this.#options.buckets.status(set), this.#live);
    return published.deleted ? run.remove() : run.apply(published.manifest);
  }

  /** Of a resource that is not followed, nothing is known. */
  readonly #live = (entry: InventoryEntry, storage: GroupResource): KubeObject | 'missing' | undefined => {
    if (!this.#followed.has(nameOf(storage))) return undefined;
    return this.#options.informers.get(storage).get(entry.namespace, entry.name) ?? 'missing';
  };
}

/** One reconcile of one set. */
class SetRun {
  readonly #options: DesiredSetOptions;
  readonly #set: DesiredSetKey;
  readonly #revision: number;
  readonly #client: SetClient;
  readonly #live: (entry: InventoryEntry, storage: GroupResource) => KubeObject | 'missing' | undefined;
  #noted: Noted | undefined;

  constructor(
    options: DesiredSetOptions,
    set: DesiredSetKey,
    published: Published,
    noted: Noted | undefined,
    live: (entry: InventoryEntry, storage: GroupResource) => KubeObject | 'missing' | undefined,
  ) {
    this.#options = options;
    this.#set = set;
    this.#revision = published.revision;
    this.#noted = noted;
    this.#live = live;
    const key = formatDesiredKey(set);
    this.#client = { api: options.apiFor(set.namespace), fieldManager: fieldManagerOf(set), key };
  }

  async apply(text: string): Promise<ReconcileResult> {
    const manifest = await parseManifest(text);
    const { objects, errors } = checkSet(this.#set, manifest.objects, this.#options.kinds);
    const refused = [...manifest.errors, ...errors];
    if (refused.length > 0) {
      // What else is wrong is to be known at once too.
      const { errors: more } = await dryRun(this.#client, objects);
      return this.#reject([...refused, ...more].sort(byDocument));
    }
    return this.#noted?.status.appliedRevision === this.#revision ? this.#repair(objects) : this.#accept(objects);
  }

  async remove(): Promise<ReconcileResult> {
    if (this.#noted === undefined && this.#marked().length === 0) return undefined;
    const doomed = planPrune(joinInventory(this.#marked(), this.#inventory), []);
    if (doomed.length === 0 && this.#noted?.status.phase === 'Deleted') return undefined;
    const { results, errors, left } = await remove(this.#client, doomed, 'deleted');
    await this.#write({ phase: errors.length > 0 ? 'Failed' : 'Deleted', objects: results, errors, inventory: left });
    return errors.length > 0 ? { requeueAfter: refusedMs } : undefined;
  }

  /** A revision that is new: all of it would be accepted, or none of it is applied. */
  async #accept(objects: SetObject[]): Promise<ReconcileResult> {
    const { errors, before } = await dryRun(this.#client, objects);
    if (errors.length > 0) return this.#reject(errors);
    const old = this.#noted === undefined ? this.#marked() : this.#inventory;
    await this.#announce(joinInventory(old, objects));
    return this.#carryOut(objects, objects, (object) => before.get(object));
  }

  /** A revision that was accepted: what has been changed or deleted since is put back; each object for itself. */
  async #repair(objects: SetObject[]): Promise<ReconcileResult> {
    const live = (object: SetObject) => this.#live(object, this.#storageOf(object));
    const failed = this.#noted?.status.phase === 'Failed';
    const drifted = failed ? objects : planDrift(objects, this.#inventory, live);
    if (drifted.length === 0 && planPrune(this.#inventory, objects).length === 0) return undefined;
    // Read now: while the objects are applied, the informers follow.
    const before = new Map(drifted.map((object) => [object, versionOf(live(object))]));
    return this.#carryOut(objects, drifted, (object) => before.get(object));
  }

  async #carryOut(
    objects: readonly SetObject[],
    toApply: readonly SetObject[],
    before: (object: SetObject) => string | undefined,
  ): Promise<ReconcileResult> {
    const applied = await apply(this.#client, toApply, before);
    const inventory = joinInventory(this.#inventory, applied.inventory);
    // Nothing is taken away as long as what is to take its place is not there.
    const complete = applied.errors.length === 0 && !applied.terminating;
    const { results, errors, left } = await remove(
      this.#client,
      complete ? planPrune(inventory, objects) : [],
      'pruned',
    );
    const problems = [...applied.errors, ...errors];
    if (applied.terminating) return { requeueAfter: terminatingMs };
    await this.#write({
      phase: problems.length > 0 ? 'Failed' : 'Applied',
      appliedRevision: this.#revision,
      objects: [...this.#standing(objects, toApply), ...applied.results, ...results],
      errors: problems,
      inventory: complete
        ? joinInventory(
            inventory.filter((entry) => !isPruned(entry, objects)),
            left,
          )
        : inventory,
    });
    return problems.length > 0 ? { requeueAfter: refusedMs } : undefined;
  }

  async #reject(errors: SetError[]): Promise<ReconcileResult> {
    const { appliedRevision } = this.#noted?.status ?? {};
    const objects = this.#noted?.status.objects ?? [];
    await this.#write({
      phase: 'Rejected',
      objects,
      errors,
      inventory: this.#inventory,
      ...(appliedRevision === undefined ? {} : { appliedRevision }),
    });
    return { requeueAfter: refusedMs };
  }

  /** The inventory says what may exist before it does, so that a crash leaves nothing that is not known. */
  async #announce(inventory: InventoryEntry[]): Promise<void> {
    const old = this.#noted?.status;
    if (old !== undefined && old.inventory.length === inventory.length) return;
    const status: SetStatus = old ?? { observedRevision: 0, phase: 'Pending', time: '', objects: [], inventory: [] };
    await this.#put({ ...status, time: this.#time(), inventory });
  }

  /** Writes nothing when nothing but the time would change. */
  async #write(
    outcome: { phase: SetPhase; appliedRevision?: number } & Pick<SetStatus, 'objects' | 'inventory'> & {
        errors: SetError[];
      },
  ): Promise<void> {
    const { errors, ...rest } = outcome;
    const status = { observedRevision: this.#revision, ...rest, ...(errors.length === 0 ? {} : { errors }) };
    const { time: _, ...old } = this.#noted?.status ?? { time: '' };
    if (semanticEqual(old, status)) return;
    await this.#put({ ...status, time: this.#time() });
  }

  async #put(status: SetStatus): Promise<void> {
    this.#noted = await this.#options.buckets.writeStatus(this.#set, status, this.#noted);
  }

  get #inventory(): InventoryEntry[] {
    return this.#noted?.status.inventory ?? [];
  }

  /** Results of objects that were left alone this time. */
  #standing(objects: readonly SetObject[], applied: readonly SetObject[]) {
    const fresh = new Set(applied);
    return objects
      .filter((object) => !fresh.has(object))
      .map(({ object, kind, namespace, name }) => ({
        ...{ apiVersion: object.apiVersion, kind, name, result: 'unchanged' as const },
        ...(namespace === '' ? {} : { namespace }),
      }));
  }

  /** Objects that bear the set's mark: what is known of it when its outcome was lost. */
  #marked(): InventoryEntry[] {
    const key = formatDesiredKey(this.#set);
    return this.#options.kinds.stored().flatMap((served) => {
      if (!this.#options.followed.some((resource) => nameOf(resource) === nameOf(served.storage))) return [];
      const { group, version, resource, kind } = served;
      const namespace = served.namespaced ? this.#set.namespace : '';
      return this.#options.informers
        .get(served.storage)
        .list(namespace)
        .filter((object) => setOf(object) === key && appliedBy(object, this.#client.fieldManager))
        .map(({ metadata }) => ({ group, version, resource, kind, namespace, name: metadata.name }));
    });
  }

  #storageOf({ group, version, kind, resource }: InventoryEntry): GroupResource {
    return this.#options.kinds.find({ group, version, kind })?.storage ?? { group, resource };
  }

  #time(): string {
    return formatTime(this.#options.clock.now());
  }
}

/** Anybody can write the mark; who applied an object, the API writes. */
function appliedBy(object: KubeObject, manager: string): boolean {
  return (
    object.metadata.managedFields?.some((entry) => entry.manager === manager && entry.operation === 'Apply') ?? false
  );
}

const byDocument = (a: SetError, b: SetError): number => (a.document ?? 0) - (b.document ?? 0);

const versionOf = (object: KubeObject | 'missing' | undefined): string | undefined =>
  typeof object === 'object' ? object.metadata.resourceVersion : undefined;

function isPruned(entry: InventoryEntry, objects: readonly SetObject[]): boolean {
  return !objects.some((object) => identify(object) === identify(entry));
}

function keysForObject(object: KubeObject): ReconcileKey[] {
  const key = parseDesiredKey(setOf(object) ?? '');
  return key === undefined ? [] : [key];
}

const nameOf = ({ group, resource }: GroupResource): string => `${resource}.${group}`;

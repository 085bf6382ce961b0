import { StatusError } from '../../errors/index.ts';
import type { KubeObject } from '../../object/index.ts';
import { cloneJson, isObject, type JsonObject, jsonEqual } from '../data.ts';
import { decodeObject } from '../decode/decode-object.ts';
import { describe } from '../decode/scalars.ts';
import type { StructNode } from '../node.ts';
import { builtinSchema } from '../schema-set.ts';
import { checkConfig } from './applied-config.ts';
import { applyConflict } from './conflicts.ts';
import { fieldSetOf } from './field-set.ts';
import {
  difference,
  emptyTree,
  type FieldTree,
  intersection,
  isSameTree,
  isSubset,
  recursiveDifference,
  treeOfFields,
  union,
  withNamedFields,
} from './field-tree.ts';
import { lastAppliedFields, withLastApplied } from './last-applied.ts';
import {
  formatManagers,
  type Manager,
  type Managers,
  managerId,
  parseManagers,
  putManager,
  withFields,
} from './managers.ts';
import { mergeConfig } from './merge.ts';
import { type Conflict, takeFields, withoutUnowned } from './ownership.ts';
import { removeFields } from './remove.ts';
import { afterUpdate, newObject, type Writer, withManagedFields, withoutManagedFields } from './track-update.ts';

export interface ApplyOptions<T extends object = KubeObject> extends Writer {
  /** Takes fields from other managers instead of refusing. Default false. */
  force?: boolean;
  /** Fills in the kind's defaults, in place, before the outcome is compared with the live object. */
  setDefaults?(object: T): void;
}

export interface Applied<T> {
  object: T;
  /** False: the object and everybody's fields are what they were. */
  changed: boolean;
}

/**
 * Server-side apply (KEP-555): lays a configuration over the live object (undefined: creates it), removes what the same manager applied before and
 * now does not, and keeps account of who owns what in `metadata.managedFields`. The arguments are not changed, and the result is the caller's to change. Throws BadRequest for a
 * configuration that does not fit the type, and Conflict, with a cause for each field, when others own fields that would change.
 */
export function applyObject<T extends KubeObject>(
  type: string | StructNode,
  live: T | undefined,
  body: unknown,
  options: ApplyOptions<T>,
): Applied<T> {
  const node = typeof type === 'string' ? builtinSchema.struct(type) : type;
  const config = readConfig(node, body);
  const before = live === undefined ? newObject(node, config) : withoutManagedFields(live);
  const known = startTracking(node, before, parseManagers(live?.metadata.managedFields), config, options);
  const application = new Application(node, before, known, config, options);
  const object = application.run();
  options.setDefaults?.(object);
  const isSame = live !== undefined && jsonEqual(object, before);
  const managers = application.managersAfter(isSame);
  return {
    object: withManagedFields(object as unknown as JsonObject, formatManagers(managers)) as unknown as T,
    changed: !isSame || managers !== known || known.size !== (live?.metadata.managedFields?.length ?? 0),
  };
}

function readConfig(node: StructNode, body: unknown): JsonObject {
  if (!isObject(body)) {
    const problem = `json: cannot unmarshal ${describe(body)} into Go value of type map[string]interface {}`;
    throw new StatusError(
      'BadRequest',
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: ${problem}`,
    );
  }
  const { config, problems } = checkConfig(node, body);
  const { metadata = {} } = config;
  if (isObject(metadata) && Object.hasOwn(metadata, 'managedFields') && metadata['managedFields'] !== null) {
    throw new StatusError('BadRequest', 'metadata.managedFields must be nil');
  }
  if (problems.length === 0) return config;
  const { namespace = '', name = '<unknown>' } = isObject(metadata) ? metadata : {};
  const lines = problems.length === 1 ? problems[0] : `errors:\n  ${problems.join('\n  ')}`;
  throw new StatusError(
    'BadRequest',
    `failed to create typed patch object (${shown(namespace)}/${shown(name)}; ${shown(config['apiVersion'])}, Kind=${shown(config['kind'])}): ${lines}`,
  );
}

/** Of fields that should be texts, and may be anything. */
const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** What an object has from times when nobody kept account belongs to 'before-first-apply'. */
function startTracking(
  node: StructNode,
  before: JsonObject,
  managers: Managers,
  config: JsonObject,
  options: Writer,
): Managers {
  if (managers.size > 0) return managers;
  return afterUpdate(node, newObject(node, config), before, managers, { ...options, manager: 'before-first-apply' });
}

class Application<T extends KubeObject> {
  readonly #node: StructNode;
  readonly #before: JsonObject;
  readonly #known: Managers;
  readonly #config: JsonObject;
  readonly #options: ApplyOptions<T>;
  readonly #id: string;
  readonly #previous: Manager | undefined;
  readonly #self: Manager;
  readonly #ignored: FieldTree;
  #after: Map<string, Manager> = new Map();

  constructor(node: StructNode, before: JsonObject, known: Managers, config: JsonObject, options: ApplyOptions<T>) {
    this.#node = node;
    this.#before = before;
    this.#known = known;
    this.#config = config;
    this.#options = options;
    this.#ignored = treeOfFields(options.resetFields ?? []);
    this.#self = {
      manager: options.manager,
      operation: 'Apply',
      apiVersion: String(config['apiVersion']),
      subresource: options.subresource ?? '',
      time: options.now,
      fields: recursiveDifference(fieldSetOf(node, config), this.#ignored),
    };
    this.#id = managerId(this.#self);
    this.#previous = known.get(this.#id);
  }

  /** The merged object. Throws Conflict, and BadRequest for values that cannot be decoded. */
  run(): T {
    const merged = mergeConfig(this.#node, this.#before, this.#config) as JsonObject;
    const managers = new Map(this.#known).set(this.#id, this.#self);
    const pruned = this.#prune(merged, managers);
    const isSame = pruned === this.#before;
    // What is stored is compared, not what was said: `paused: false` and its absence are the same.
    const object = isSame ? cloneJson(pruned as T) : decodeObject<T>(this.#node, pruned).object;
    this.#takeFields(isSame ? pruned : (object as unknown as JsonObject), managers);
    return this.#options.manager === 'kubectl' ? withLastApplied(object, this.#config) : object;
  }

  #takeFields(object: JsonObject, managers: Managers): void {
    const change = {
      node: this.#node,
      apiVersion: this.#self.apiVersion,
      before: this.#before,
      after: object,
      ignored: this.#ignored,
      versionOf: this.#options.versionOf,
    };
    const { managers: after, conflicts } = takeFields(change, managers, this.#id);
    if (conflicts.length > 0 && this.#options.force !== true) this.#refuse(conflicts);
    putManager(after, this.#id, withFields(this.#self, withoutUnowned(this.#self.fields)));
    this.#after = after;
  }

  /** The managers to store. When the object stays the same, so do the times of those who keep their fields. */
  managersAfter(isSame: boolean): Managers {
    const self = this.#after.get(this.#id);
    if (!isSame || self === undefined) return this.#after;
    const previous = this.#previous;
    const keeps = previous !== undefined && isSameTree(previous.fields, self.fields);
    if (keeps && previous.apiVersion === self.apiVersion) this.#after.set(this.#id, previous);
    return sameManagers(this.#after, this.#known) ? this.#known : this.#after;
  }

  /** Removes what this manager applied before, does not apply now, and nobody else owns. */
  #prune(merged: JsonObject, managers: Managers): JsonObject {
    const last = this.#previous;
    if (last === undefined || isSubset(last.fields, this.#self.fields)) return merged;
    const node = this.#node;
    const named = (fields: FieldTree): FieldTree => withNamedFields(fields, node);
    const present = named(fieldSetOf(node, merged));
    const owned = [...managers.values()].reduce((fields, manager) => union(fields, manager.fields), emptyTree);
    const bare = named(fieldSetOf(node, removeFields(node, merged, named(last.fields))));
    const kept = removeFields(node, merged, difference(present, union(bare, named(owned))));
    const gone = difference(present, named(fieldSetOf(node, kept)));
    return removeFields(node, merged, intersection(gone, named(last.fields))) as JsonObject;
  }

  #refuse(conflicts: readonly Conflict[]): void {
    // kubectl may take over what its client-side apply had set.
    const allowed = this.#options.manager === 'kubectl' ? lastAppliedFields(this.#node, this.#before) : emptyTree;
    const left = conflicts
      .map(({ manager, fields }) => ({ manager, fields: difference(fields, allowed) }))
      .filter(({ fields }) => fields.size > 0);
    if (left.length > 0) throw applyConflict(left);
  }
}

function sameManagers(a: Managers, b: Managers): boolean {
  return a.size === b.size && [...a].every(([id, manager]) => b.get(id) === manager);
}

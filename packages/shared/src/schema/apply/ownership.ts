import type { JsonObject } from '../data.ts';
import type { StructNode } from '../node.ts';
import { type Comparison, compare, withoutFields } from './compare.ts';
import { difference, type FieldTree, intersection, treeOfFields, union } from './field-tree.ts';
import { type Manager, type Managers, putManager, withFields } from './managers.ts';

/** An object in the form of another version of its group, for managers that wrote in that version. */
export type VersionOf = (
  object: JsonObject,
  apiVersion: string,
) => { object: JsonObject; node: StructNode } | undefined;

/** What a write changes: the object before and after, in the version of the request. */
export interface Change {
  node: StructNode;
  apiVersion: string;
  before: JsonObject;
  after: JsonObject;
  /** Fields that this kind of request cannot write. */
  ignored: FieldTree;
  versionOf: VersionOf | undefined;
}

/** Metadata that everybody sends and nobody owns (apimachinery managedfields/internal/stripmeta.go). */
const unowned = treeOfFields([
  ['apiVersion'],
  ['kind'],
  ['metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name) => ['metadata', name]),
]);

export const withoutUnowned = (fields: FieldTree): FieldTree => difference(fields, unowned);

export interface Conflict {
  manager: Manager;
  fields: FieldTree;
}

export interface Outcome {
  managers: Map<string, Manager>;
  /** Fields of other managers that the change sets to other values; they have lost them. */
  conflicts: Conflict[];
  /** In the version of the request. */
  comparison: Comparison;
}

/** Takes what the change sets or removes from every manager but `self`. Managers of versions that are gone go too. */
export function takeFields(change: Change, managers: Managers, self: string | undefined): Outcome {
  const comparisons = new Map<string, Comparison | undefined>();
  const comparison = compareIn(change, change.apiVersion) as Comparison;
  comparisons.set(change.apiVersion, comparison);
  const result = new Map(managers);
  const conflicts: Conflict[] = [];
  for (const [id, manager] of managers) {
    if (id === self) continue;
    if (!comparisons.has(manager.apiVersion)) {
      comparisons.set(manager.apiVersion, compareIn(change, manager.apiVersion));
    }
    const found = comparisons.get(manager.apiVersion);
    if (found === undefined) {
      result.delete(id);
      continue;
    }
    const taken = intersection(manager.fields, union(found.modified, found.added));
    if (taken.size > 0) conflicts.push({ manager, fields: taken });
    putManager(result, id, withFields(manager, difference(difference(manager.fields, taken), found.removed)));
  }
  return { managers: result, conflicts, comparison };
}

function compareIn(
  { node, apiVersion, before, after, ignored, versionOf }: Change,
  version: string,
): Comparison | undefined {
  if (version === apiVersion) return withoutFields(compare(node, before, after), ignored);
  const old = versionOf?.(before, version);
  const fresh = versionOf?.(after, version);
  if (old === undefined || fresh === undefined) return undefined;
  return withoutFields(compare(old.node, old.object, fresh.object), ignored);
}

import { isObject, type JsonObject, setKey } from '../data.ts';
import { emptyTree, type FieldNode, type FieldTree, leafField } from './field-tree.ts';
import { canonicalElement } from './path-element.ts';
import { RecentlyUsed } from './recently-used.ts';

/** Reads a `fieldsV1`. Elements of kinds that are not known are left out. Throws on elements that cannot be read. */
export function parseFieldsV1(fields: unknown): FieldTree {
  return isObject(fields) ? (parseNode(fields).children ?? emptyTree) : emptyTree;
}

/** Most trees that are kept: some megabytes. */
const MAX_KNOWN = 1_000;

interface Known {
  readonly fields: JsonObject;
  readonly tree: FieldTree;
}

/**
 * `parseFieldsV1` and `formatFieldsV1` with a memory of what was read or written lately. Objects that are written again and again carry the same `fieldsV1` from
 * version to version, which nobody changes; and those that are alike, as the pods of a Job, share one. Shared, it is most of what a pod would take in memory.
 */
export class KnownFieldsV1 {
  readonly #trees: RecentlyUsed<object, FieldTree>;
  readonly #byText: RecentlyUsed<string, Known>;

  constructor(max = MAX_KNOWN) {
    this.#trees = new RecentlyUsed(max);
    this.#byText = new RecentlyUsed(max);
  }

  read(fields: unknown): FieldTree {
    if (!isObject(fields)) return emptyTree;
    const known = this.#trees.get(fields);
    if (known !== undefined) return known;
    const text = JSON.stringify(fields);
    const tree = this.#byText.get(text)?.tree ?? this.#remember(text, { fields, tree: parseFieldsV1(fields) }).tree;
    this.#trees.set(fields, tree);
    return tree;
  }

  /** The result is shared, and must not be changed. */
  write(tree: FieldTree): JsonObject {
    const fields = formatFieldsV1(tree);
    const text = JSON.stringify(fields);
    const known = this.#byText.get(text) ?? this.#remember(text, { fields, tree });
    this.#trees.set(known.fields, known.tree);
    return known.fields;
  }

  #remember(text: string, known: Known): Known {
    this.#byText.set(text, known);
    return known;
  }
}

/** `{}` is a member; `{".": {}, ...}` a member that has children; else only the children are in the set. */
function parseNode(fields: JsonObject): FieldNode {
  const keys = Object.keys(fields);
  if (keys.length === 0) return leafField;
  const children = new Map<string, FieldNode>();
  let member = false;
  for (const key of keys) {
    if (key === '.') {
      member = true;
      continue;
    }
    const element = canonicalElement(key);
    const below = fields[key];
    if (element !== undefined) children.set(element, parseNode(isObject(below) ? below : {}));
  }
  return children.size === 0 ? leafField : { member, children };
}

/** Writes a tree as `fieldsV1`, fields first, then elements by key, then values, each in order. */
export function formatFieldsV1(tree: FieldTree): JsonObject {
  const result: JsonObject = {};
  for (const element of [...tree.keys()].sort()) {
    const { member, children } = tree.get(element) as FieldNode;
    const below = children === undefined ? {} : formatFieldsV1(children);
    setKey(result, element, member && children !== undefined ? { '.': {}, ...below } : below);
  }
  return result;
}

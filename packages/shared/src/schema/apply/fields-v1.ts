import { isObject, type JsonObject, setKey } from '../data.ts';
import { emptyTree, type FieldNode, type FieldTree, leafField } from './field-tree.ts';
import { canonicalElement } from './path-element.ts';

/** Reads a `fieldsV1`. Elements of kinds that are not known are left out. Throws on elements that cannot be read. */
export function parseFieldsV1(fields: unknown): FieldTree {
  return isObject(fields) ? (parseNode(fields).children ?? emptyTree) : emptyTree;
}

/** Most trees that are kept: some megabytes. */
const MAX_KNOWN = 1_000;

/**
 * `parseFieldsV1` with a memory of what was read or written lately. Objects that are written again and again carry the same `fieldsV1` from version to
 * version, which nobody changes.
 */
export class KnownFieldsV1 {
  readonly #max: number;
  /** What has been asked for since the last change of generation, and what was before it. */
  #young = new Map<object, FieldTree>();
  #old = new Map<object, FieldTree>();

  constructor(max = MAX_KNOWN) {
    this.#max = max;
  }

  read(fields: unknown): FieldTree {
    if (!isObject(fields)) return emptyTree;
    const young = this.#young.get(fields);
    if (young !== undefined) return young;
    const tree = this.#old.get(fields) ?? parseFieldsV1(fields);
    this.add(fields, tree);
    return tree;
  }

  add(fields: object, tree: FieldTree): void {
    if (this.#young.size >= this.#max / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(fields, tree);
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

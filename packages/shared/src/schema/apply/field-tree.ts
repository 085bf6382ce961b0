import type { SchemaNode } from '../node.ts';

/**
 * A set of fields, as a tree of path elements in the form that `fieldsV1` has: 'f:spec', 'k:{"name":"web"}', 'v:"x"' (KEP-555,
 * sigs.k8s.io/structured-merge-diff fieldpath). Trees are values: every operation gives a new one, or the same one when nothing changes.
 */
export type FieldTree = ReadonlyMap<string, FieldNode>;

export interface FieldNode {
  /** The element itself is in the set, not only what is below it. */
  readonly member: boolean;
  /** Never an empty tree. */
  readonly children: FieldTree | undefined;
}

export const emptyTree: FieldTree = new Map();

/** A member with nothing below it, as most are. */
export const leafField: FieldNode = { member: true, children: undefined };

/** Puts trees together from paths. */
export class TreeBuilder {
  readonly #root = new Map<string, MutableNode>();

  get tree(): FieldTree {
    return this.#root;
  }

  /** The empty path is the whole object, which nobody owns. */
  insert(path: readonly string[]): void {
    let level = this.#root;
    const last = path.length - 1;
    for (let i = 0; i <= last; i += 1) {
      const element = path[i] as string;
      let node = level.get(element);
      if (node === undefined) {
        node = { member: false, children: undefined };
        level.set(element, node);
      }
      if (i === last) node.member = true;
      else {
        node.children ??= new Map();
        level = node.children;
      }
    }
  }
}

interface MutableNode {
  member: boolean;
  children: Map<string, MutableNode> | undefined;
}

/** Of paths of field names. */
export function treeOfFields(paths: readonly (readonly string[])[]): FieldTree {
  const builder = new TreeBuilder();
  for (const path of paths) builder.insert(path.map((name) => `f:${name}`));
  return builder.tree;
}

export function union(a: FieldTree, b: FieldTree): FieldTree {
  if (a.size === 0 || a === b) return b;
  if (b.size === 0) return a;
  const result = new Map(a);
  for (const [element, node] of b) {
    const other = a.get(element);
    result.set(element, other === undefined ? node : uniteNodes(other, node));
  }
  return result;
}

function uniteNodes(a: FieldNode, b: FieldNode): FieldNode {
  const children =
    a.children === undefined || b.children === undefined ? (a.children ?? b.children) : union(a.children, b.children);
  return { member: a.member || b.member, children };
}

export function intersection(a: FieldTree, b: FieldTree): FieldTree {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  const result = new Map<string, FieldNode>();
  for (const [element, node] of small) {
    const other = large.get(element);
    if (other === undefined) continue;
    const common =
      node.children === undefined || other.children === undefined
        ? emptyTree
        : intersection(node.children, other.children);
    addNode(result, element, node.member && other.member, common);
  }
  return result;
}

function addNode(target: Map<string, FieldNode>, element: string, member: boolean, children: FieldTree): void {
  if (member || children.size > 0) target.set(element, { member, children: children.size > 0 ? children : undefined });
}

/** What is in `a` and not in `b`; a parent and its children are independent members. */
export function difference(a: FieldTree, b: FieldTree): FieldTree {
  return subtract(a, b, false);
}

/** As `difference`, but a member of `b` takes everything below it along. */
export function recursiveDifference(a: FieldTree, b: FieldTree): FieldTree {
  return subtract(a, b, true);
}

function subtract(a: FieldTree, b: FieldTree, recursive: boolean): FieldTree {
  if (a.size === 0 || b.size === 0) return a;
  let result: Map<string, FieldNode> | undefined;
  for (const [element, node] of a) {
    const other = b.get(element);
    if (other === undefined) continue;
    const rest = subtractNode(node, other, recursive);
    if (rest === node) continue;
    result ??= new Map(a);
    if (rest === undefined) result.delete(element);
    else result.set(element, rest);
  }
  return result ?? a;
}

function subtractNode(node: FieldNode, other: FieldNode, recursive: boolean): FieldNode | undefined {
  if (recursive && other.member) return undefined;
  const member = node.member && !other.member;
  const children =
    node.children === undefined || other.children === undefined
      ? node.children
      : subtract(node.children, other.children, recursive);
  if (member === node.member && children === node.children) return node;
  const isEmpty = children === undefined || children.size === 0;
  return !member && isEmpty ? undefined : { member, children: isEmpty ? undefined : children };
}

/** Makes the fields that a struct declares members when something below them is: `spec` of `spec.replicas`, but no key of a map. */
export function withNamedFields(tree: FieldTree, node: SchemaNode | undefined): FieldTree {
  const result = new Map<string, FieldNode>();
  for (const [element, { member, children }] of tree) {
    const name = element.startsWith('f:') ? element.slice(2) : undefined;
    const field = node?.kind === 'struct' && name !== undefined ? node.fields.get(name) : undefined;
    const below = field?.node ?? (node?.kind === 'list' || node?.kind === 'map' ? node.element : undefined);
    result.set(element, {
      member: member || (field !== undefined && children !== undefined),
      children: children === undefined ? undefined : withNamedFields(children, below),
    });
  }
  return result;
}

/** True when every member of `a` is one of `b`. */
export function isSubset(a: FieldTree, b: FieldTree): boolean {
  if (a === b) return true;
  for (const [element, { member, children }] of a) {
    const other = b.get(element);
    if (other === undefined || (member && !other.member)) return false;
    if (children !== undefined && !isSubset(children, other.children ?? emptyTree)) return false;
  }
  return true;
}

export function isSameTree(a: FieldTree, b: FieldTree): boolean {
  return a.size === b.size && isSubset(a, b) && isSubset(b, a);
}

/** Calls `visit` with the path of every member, in the order of the tree. */
export function forEachPath(
  tree: FieldTree,
  visit: (path: readonly string[]) => void,
  prefix: readonly string[] = [],
): void {
  for (const [element, { member, children }] of tree) {
    const path = [...prefix, element];
    if (member) visit(path);
    if (children !== undefined) forEachPath(children, visit, path);
  }
}

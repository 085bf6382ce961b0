import { jsonEqual } from '../data.ts';
import type { ListNode, SchemaNode } from '../node.ts';
import { type FieldTree, recursiveDifference, TreeBuilder } from './field-tree.ts';
import { elementOf, fieldElement } from './path-element.ts';
import { asList, childNode, isEmptyContainer, listParts, objectParts, shapeOf } from './shape.ts';

/** What became of the fields of an object; no field is in two of the three. */
export interface Comparison {
  readonly added: FieldTree;
  readonly modified: FieldTree;
  readonly removed: FieldTree;
}

export function compare(node: SchemaNode | undefined, before: unknown, after: unknown): Comparison {
  const trees = new TreeRecorder();
  // Most writes that are compared change nothing, and that is seen at a tenth of the cost.
  if (!jsonEqual(before, after)) new CompareWalk(trees).visit(node, before, after);
  return { added: trees.added.tree, modified: trees.modified.tree, removed: trees.removed.tree };
}

/** What `compare` finds, as a text: equal for two changes to which it gives the same, elements in the words of `told`. Empty where it finds nothing. */
export function describeChange(
  node: SchemaNode | undefined,
  before: unknown,
  after: unknown,
  told: (element: string) => string,
): string {
  const text = new TextRecorder(told);
  new CompareWalk(text).visit(node, before, after);
  return text.text;
}

/** Leaves out fields that a request cannot write, and all that is below them. */
export function withoutFields(comparison: Comparison, fields: FieldTree): Comparison {
  return {
    added: recursiveDifference(comparison.added, fields),
    modified: recursiveDifference(comparison.modified, fields),
    removed: recursiveDifference(comparison.removed, fields),
  };
}

type Found = 'added' | 'modified' | 'removed';

/** Told where a walk is, and what became of the field there. */
interface Recorder {
  enter(element: string): void;
  leave(): void;
  found(what: Found): void;
}

class TreeRecorder implements Recorder {
  readonly added = new TreeBuilder();
  readonly modified = new TreeBuilder();
  readonly removed = new TreeBuilder();
  readonly #path: string[] = [];

  enter(element: string): void {
    this.#path.push(element);
  }

  leave(): void {
    this.#path.pop();
  }

  found(what: Found): void {
    this[what].insert(this.#path);
  }
}

const marks: Readonly<Record<Found, string>> = { added: '+', modified: '~', removed: '-' };

/** Elements are preceded by their length: users choose some. A path is begun when something is found on it. */
class TextRecorder implements Recorder {
  text = '';
  readonly #told: (element: string) => string;
  readonly #path: string[] = [];
  /** Elements of the path that the text is in. */
  #written = 0;

  constructor(told: (element: string) => string) {
    this.#told = told;
  }

  enter(element: string): void {
    this.#path.push(element);
  }

  leave(): void {
    this.#path.pop();
    if (this.#written <= this.#path.length) return;
    this.#written = this.#path.length;
    this.text += ')';
  }

  found(what: Found): void {
    for (; this.#written < this.#path.length; this.#written += 1) {
      const element = this.#told(this.#path[this.#written] as string);
      this.text += `${element.length}:${element}`;
    }
    this.text += marks[what];
  }
}

class CompareWalk {
  readonly #recorder: Recorder;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  /** undefined stands for absence. */
  visit(node: SchemaNode | undefined, before: unknown, after: unknown): void {
    if (before === after) return;
    const shape = shapeOf(node, after ?? before);
    if (shape === 'leaf' || (isEmptyContainer(before) && isEmptyContainer(after))) {
      this.#leaf(before, after);
      return;
    }
    if (shape === 'map') this.#map(node, objectParts(before), objectParts(after));
    else this.#list(asList(node), listParts(before), listParts(after));
    if (before === undefined) this.#recorder.found('added');
    else if (after === undefined) this.#recorder.found('removed');
  }

  #leaf(before: unknown, after: unknown): void {
    if (before === undefined) this.#recorder.found('added');
    else if (after === undefined) this.#recorder.found('removed');
    else if (!jsonEqual(before, after)) this.#recorder.found('modified');
  }

  #map(node: SchemaNode | undefined, before: Record<string, unknown>, after: Record<string, unknown>): void {
    for (const key of Object.keys(before)) {
      const value = Object.hasOwn(after, key) ? after[key] : undefined;
      if (value !== before[key]) this.#child(fieldElement(key), childNode(node, key), before[key], value);
    }
    for (const key of Object.keys(after)) {
      if (!Object.hasOwn(before, key)) this.#child(fieldElement(key), childNode(node, key), undefined, after[key]);
    }
  }

  #child(element: string, node: SchemaNode | undefined, before: unknown, after: unknown): void {
    this.#recorder.enter(element);
    this.visit(node, before, after);
    this.#recorder.leave();
  }

  #list(node: ListNode, before: readonly unknown[], after: readonly unknown[]): void {
    // What names the elements costs more than to see that they are the same.
    if (jsonEqual(before, after)) return;
    const old = groupByElement(node, before);
    const fresh = groupByElement(node, after);
    for (const element of new Set([...old.keys(), ...fresh.keys()])) {
      this.#elements(element, node, old.get(element) ?? [], fresh.get(element) ?? []);
    }
  }

  /** Elements that share their keys are one leaf, of which the parts are not told. */
  #elements(element: string, node: ListNode, before: readonly unknown[], after: readonly unknown[]): void {
    if (before.length <= 1 && after.length <= 1) {
      this.#child(element, node.element, before[0], after[0]);
      return;
    }
    if (before.length === 1) this.#child(element, node.element, before[0], undefined);
    if (after.length === 1) this.#child(element, node.element, undefined, after[0]);
    this.#recorder.enter(element);
    if (before.length <= 1) this.#recorder.found('added');
    else if (after.length <= 1) this.#recorder.found('removed');
    else if (!jsonEqual(before, after)) this.#recorder.found('modified');
    this.#recorder.leave();
  }
}

function groupByElement(node: ListNode, list: readonly unknown[]): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const value of list) {
    const element = elementOf(node, value);
    const group = groups.get(element);
    if (group === undefined) groups.set(element, [value]);
    else group.push(value);
  }
  return groups;
}

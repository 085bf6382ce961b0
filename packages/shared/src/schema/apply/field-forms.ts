import { isObject, type JsonObject, setKey } from '../data.ts';
import { canonicalElement } from './path-element.ts';
import { RecentlyUsed } from './recently-used.ts';

/** A `fieldsV1` without the names of elements of lists: those of two pods differ in no more than their addresses. */
export interface FieldForm {
  /** The same for two that differ in names alone. */
  readonly id: number;
  /** The names that it has, each once, in the order in which they come. */
  readonly names: readonly string[];
}

/** Forms that are known at once, by their text and by where they were found: some megabytes. */
const MOST_FORMS = 1_000;

/** Remembers the forms of what was read lately. */
export class FieldForms {
  readonly #forms = new RecentlyUsed<object, FieldForm>(MOST_FORMS);
  readonly #ids = new RecentlyUsed<string, number>(MOST_FORMS);
  /** Whether names are in the words of `elementOf`: most are those of conditions. */
  readonly #canonical = new RecentlyUsed<string, boolean>(MOST_FORMS);
  #lastId = 0;

  /** Undefined for one that cannot be read, or names elements in other words than `elementOf`. */
  of(fields: unknown): FieldForm | undefined {
    const object = isObject(fields) ? fields : {};
    const known = this.#forms.get(object);
    if (known !== undefined) return known;
    const names = new ElementNames();
    const id = this.#idOf(describe(object, names));
    if (!names.all.every((name) => this.#isCanonical(name))) return undefined;
    const form = { id, names: names.all };
    this.#forms.set(object, form);
    return form;
  }

  #isCanonical(name: string): boolean {
    const known = this.#canonical.get(name);
    if (known !== undefined) return known;
    const canonical = isCanonical(name);
    this.#canonical.set(name, canonical);
    return canonical;
  }

  #idOf(text: string): number {
    const id = this.#ids.get(text) ?? ++this.#lastId;
    this.#ids.set(text, id);
    return id;
  }
}

/** Numbers names in the order in which they come. */
export class ElementNames {
  readonly all: string[] = [];
  readonly #places = new Map<string, number>();

  placeOf(name: string): number {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    this.#places.set(name, this.all.length);
    return this.all.push(name) - 1;
  }

  /** What stands for an element where its name does not matter: no element itself, for all that begin so are names. Fields stand for themselves. */
  standIn(element: string): string {
    return isName(element) ? `k:#${this.placeOf(element)}` : element;
  }
}

/** What a `fieldsV1` is, whatever the elements in it are called. */
export class FieldTemplate {
  readonly #fields: JsonObject;
  /** By the places of the names in it. */
  readonly #names: ReadonlyMap<number, string>;

  /** `fields` has its names as `names` numbers them. */
  constructor(fields: JsonObject, names: ElementNames) {
    const own = new ElementNames();
    describe(fields, own);
    this.#fields = fields;
    this.#names = new Map(own.all.map((name) => [names.placeOf(name), name]));
  }

  /** With the names of another. Whatever no other name is in is shared, and must not be changed. */
  with({ all }: ElementNames): JsonObject {
    const others = new Map<string, string>();
    for (const [place, name] of this.#names) if (all[place] !== name) others.set(name, all[place] as string);
    return others.size === 0 ? this.#fields : rename(this.#fields, others);
  }
}

/** Elements of lists, by their keys or their value; no field begins so. */
const isName = (element: string): boolean => element.startsWith('k:') || element.startsWith('v:');

function isCanonical(name: string): boolean {
  try {
    return canonicalElement(name) === name;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** Elements are preceded by their length: users choose some. */
function describe(fields: JsonObject, names: ElementNames): string {
  let text = '';
  for (const element of Object.keys(fields)) {
    const known = names.standIn(element);
    const below = fields[element];
    text += `${known.length}:${known}(${isObject(below) ? describe(below, names) : ''})`;
  }
  return text;
}

/** In the order of the new names, as `formatFieldsV1`; the same object where it has none of those. */
function rename(fields: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  let same = true;
  const renamed = Object.keys(fields).map((element): [string, unknown] => {
    const before = fields[element];
    const below = isObject(before) ? rename(before, names) : before;
    const name = names.get(element) ?? element;
    same &&= name === element && below === before;
    return [name, below];
  });
  if (same) return fields;
  const result: JsonObject = {};
  for (const [element, below] of renamed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
    setKey(result, element, below);
  return result;
}

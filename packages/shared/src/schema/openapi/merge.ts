import { isObject } from '../data.ts';
import type { OpenApiObject } from './contract.ts';
import { type OpenApiDocument, openApiDocument } from './documents.ts';
import { encodeGnostic } from './gnostic.ts';

/** What another server says of a part of the API: nothing of its document but the paths below this one counts. */
export interface ForeignV2 {
  /** '/apis/<group>/<version>'. */
  path: string;
  document: unknown;
}

const reference = /"\$ref":"#\/definitions\/([^"]+)"/g;

/** The version 2 document of this server with those of others in it (kube-aggregator: merged by path; a definition that differs gets another name). */
export class MergedV2 {
  readonly #document: OpenApiObject;
  #json: OpenApiDocument | undefined;
  #protobuf: OpenApiDocument | undefined;

  constructor(own: OpenApiDocument, others: readonly ForeignV2[]) {
    const document = JSON.parse(own.body.toString('utf8')) as OpenApiObject;
    const paths = new Map(Object.entries(objectOf(document['paths'])));
    const definitions = new Map(Object.entries(objectOf(document['definitions'])));
    for (const other of others) merge(paths, definitions, other);
    this.#document = { ...document, paths: Object.fromEntries(paths), definitions: Object.fromEntries(definitions) };
  }

  v2Json(): OpenApiDocument {
    this.#json ??= openApiDocument(Buffer.from(JSON.stringify(this.#document)));
    return this.#json;
  }

  v2Protobuf(): OpenApiDocument {
    this.#protobuf ??= openApiDocument(encodeGnostic(this.#document));
    return this.#protobuf;
  }
}

function merge(paths: Map<string, unknown>, definitions: Map<string, unknown>, { path, document }: ForeignV2): void {
  const theirs = new Map(Object.entries(objectOf(objectOf(document)['paths'])));
  const wanted = [...theirs].filter(([name]) => name === path || name.startsWith(`${path}/`));
  const needed = neededBy(wanted, new Map(Object.entries(objectOf(objectOf(document)['definitions']))));
  const names = namesFor(needed, definitions);
  for (const [name, text] of needed) {
    if (names.get(name) !== name || !definitions.has(name))
      definitions.set(names.get(name) as string, renamed(text, names));
  }
  for (const [name, item] of wanted) paths.set(name, renamed(JSON.stringify(item), names));
}

/** The definitions that the paths lead to, in their texts. */
function neededBy(
  paths: readonly (readonly [string, unknown])[],
  all: ReadonlyMap<string, unknown>,
): Map<string, string> {
  const found = new Map<string, string>();
  const open = paths.flatMap(([, item]) => referencesIn(JSON.stringify(item)));
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name) || !all.has(name)) continue;
    const text = JSON.stringify(all.get(name));
    found.set(name, text);
    open.push(...referencesIn(text));
  }
  return found;
}

/** Under which name each is kept: its own, unless that stands for something else here, itself or by what it refers to. */
function namesFor(needed: ReadonlyMap<string, string>, here: ReadonlyMap<string, unknown>): Map<string, string> {
  const other = new Set<string>();
  for (const [name, text] of needed) if (here.has(name) && JSON.stringify(here.get(name)) !== text) other.add(name);
  for (let before = -1; before !== other.size; ) {
    before = other.size;
    for (const [name, text] of needed) {
      if (here.has(name) && referencesIn(text).some((one) => other.has(one))) other.add(name);
    }
  }
  return new Map([...needed.keys()].map((name) => [name, other.has(name) ? freeName(name, here) : name]));
}

function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  for (let i = 2; ; i++) if (!taken.has(`${name}_v${i}`)) return `${name}_v${i}`;
}

const referencesIn = (text: string): string[] => [...text.matchAll(reference)].map(([, name]) => name as string);

function renamed(text: string, names: ReadonlyMap<string, string>): unknown {
  return JSON.parse(
    text.replace(reference, (whole, name: string) => whole.replace(name, () => names.get(name) ?? name)),
  );
}

const objectOf = (value: unknown): OpenApiObject => (isObject(value) ? value : {});

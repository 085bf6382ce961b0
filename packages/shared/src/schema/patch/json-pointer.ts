import { isObject, setKey } from '../data.ts';

/** Thrown when a patch does not fit the document. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
}

/** RFC 6901: the reference tokens of a pointer; '' is the document itself. */
export function parsePointer(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw new PatchError(`path ${JSON.stringify(pointer)} does not begin with '/'`);
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value at a path. Throws PatchError when there is none. */
export function valueAt(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const token of path) value = childOf(value, token);
  return value;
}

function childOf(parent: unknown, token: string): unknown {
  if (Array.isArray(parent)) return parent[indexOf(token, parent.length - 1)];
  if (isObject(parent) && Object.hasOwn(parent, token)) return parent[token];
  throw new PatchError(`there is no ${JSON.stringify(token)}`);
}

function indexOf(token: string, last: number): number {
  const index = /^(0|[1-9][0-9]{0,8})$/.test(token) ? Number(token) : -1;
  if (index >= 0 && index <= last) return index;
  throw new PatchError(`there is no element ${JSON.stringify(token)}`);
}

/** What becomes of the child that a path names, in its parent, which may be changed. */
export type ChildChange = (parent: Container, token: string) => void;

type Container = unknown[] | Record<string, unknown>;

/**
 * Changes a document that belongs to somebody else: containers are copied when they are first changed, and then no more, so that thousands of
 * changes cost no more than one copy of the whole.
 */
export class CopyOnWrite {
  readonly #copies = new Set<unknown>();

  /** Gives the document with the parent of the path's end changed. Throws PatchError when that parent is not there. */
  changeAt(document: unknown, path: readonly string[], change: ChildChange): unknown {
    const root = this.#own(document);
    let parent = root;
    for (const token of path.slice(0, -1)) {
      const child = this.#own(childOf(parent, token));
      if (Array.isArray(parent)) parent[Number(token)] = child;
      else setKey(parent, token, child);
      parent = child;
    }
    change(parent, path.at(-1) as string);
    return root;
  }

  #own(value: unknown): Container {
    if (this.#copies.has(value)) return value as Container;
    const copy = shallowCopy(value);
    this.#copies.add(copy);
    return copy;
  }
}

function shallowCopy(value: unknown): Container {
  if (Array.isArray(value)) return [...value];
  if (isObject(value)) return { ...value };
  throw new PatchError('the path goes through a value that has no parts');
}

export const insertChild =
  (value: unknown): ChildChange =>
  (parent, token) => {
    if (!Array.isArray(parent)) setKey(parent, token, value);
    else if (token === '-') parent.push(value);
    else parent.splice(indexOf(token, parent.length), 0, value);
  };

export const replaceChild =
  (value: unknown): ChildChange =>
  (parent, token) => {
    childOf(parent, token);
    if (Array.isArray(parent)) parent[Number(token)] = value;
    else setKey(parent, token, value);
  };

export const removeChild: ChildChange = (parent, token) => {
  childOf(parent, token);
  if (Array.isArray(parent)) parent.splice(Number(token), 1);
  else delete parent[token];
};

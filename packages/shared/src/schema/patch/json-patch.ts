import { StatusError } from '../../errors/index.ts';
import { cloneJson, getKey, isObject, type JsonObject, jsonEqual } from '../data.ts';
import { inOrder } from '../decode/order.ts';
import { describe } from '../decode/scalars.ts';
import {
  CopyOnWrite,
  insertChild,
  PatchError,
  parsePointer,
  removeChild,
  replaceChild,
  valueAt,
} from './json-pointer.ts';

/** kube-apiserver: endpoints/handlers/patch.go maxJSONPatchOperations. */
const MAX_OPERATIONS = 10_000;

/** Most JSON text that all copies of one patch may add: a few operations could double a document each. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

/**
 * RFC 6902. Changes neither argument. Throws BadRequest for what is no patch, RequestEntityTooLarge for too many operations, and PatchError for a
 * patch that does not fit the document.
 */
export function jsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw notDecoded(patch, 'value of type []handlers.jsonPatchOp');
  if (patch.length > MAX_OPERATIONS) {
    throw new StatusError(
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
  const application = new Application(document);
  for (const operation of patch) application.apply(operation);
  return application.document;
}

const operationFields: ReadonlySet<string> = new Set(['op', 'path', 'from', 'value']);

/** What of a patch that is one is unknown (`json patch unknown field "[0].x"`) or, by the parser of its text, there twice, in the order in which it stands there. */
export function jsonPatchStrictErrors(patch: unknown, duplicates: readonly string[]): string[] {
  const operations = patch as readonly JsonObject[];
  const unknown = operations.flatMap((operation, i) =>
    Object.keys(operation)
      .filter((key) => !operationFields.has(key))
      .map((key) => `unknown field ${JSON.stringify(`[${i}].${key}`)}`),
  );
  if (unknown.length === 0 && duplicates.length === 0) return [];
  return inOrder([...duplicates, ...unknown], patch).map((message) => `json patch ${message}`);
}

function notDecoded(value: unknown, into: string): StatusError {
  return new StatusError(
    'BadRequest',
    `error decoding patch: json: cannot unmarshal ${describe(value)} into Go ${into}`,
  );
}

class Application {
  document: unknown;
  readonly #copies = new CopyOnWrite();
  #copied = 0;

  constructor(document: unknown) {
    this.document = document;
  }

  apply(operation: unknown): void {
    if (!isObject(operation)) throw notDecoded(operation, 'value of type handlers.jsonPatchOp');
    this.document = this.#result(operation, parsePointer(textOf(operation, 'path')));
  }

  #result(operation: JsonObject, path: readonly string[]): unknown {
    switch (textOf(operation, 'op')) {
      case 'add':
        return this.#add(this.document, path, operandOf(operation));
      case 'remove':
        return this.#remove(path);
      case 'replace':
        return this.#replace(path, operandOf(operation));
      case 'move':
        return this.#move(parsePointer(textOf(operation, 'from')), path);
      case 'copy':
        return this.#copy(parsePointer(textOf(operation, 'from')), path);
      case 'test':
        return test(this.document, path, operandOf(operation));
      default:
        throw new PatchError(`unknown operation ${JSON.stringify(operation['op'])}`);
    }
  }

  #add(document: unknown, path: readonly string[], value: unknown): unknown {
    return path.length === 0 ? value : this.#copies.changeAt(document, path, insertChild(value));
  }

  #remove(path: readonly string[]): unknown {
    if (path.length === 0) throw new PatchError('the whole document cannot be removed');
    return this.#copies.changeAt(this.document, path, removeChild);
  }

  #replace(path: readonly string[], value: unknown): unknown {
    return path.length === 0 ? value : this.#copies.changeAt(this.document, path, replaceChild(value));
  }

  #move(from: readonly string[], path: readonly string[]): unknown {
    const value = valueAt(this.document, from);
    if (from.length < path.length && from.every((token, i) => token === path[i])) {
      throw new PatchError('a value cannot be moved into itself');
    }
    return this.#add(this.#remove(from), path, value);
  }

  /** The copy shares nothing with the original, or a change of one would change both. */
  #copy(from: readonly string[], path: readonly string[]): unknown {
    const value = valueAt(this.document, from);
    this.#copied += JSON.stringify(value).length;
    if (this.#copied > MAX_COPIED_BYTES) throw new PatchError('the copies of this patch are too large together');
    return this.#add(this.document, path, cloneJson(value));
  }
}

function test(document: unknown, path: readonly string[], expected: unknown): unknown {
  if (jsonEqual(valueAt(document, path), expected)) return document;
  throw new PatchError(`testing path /${path.join('/')} failed`);
}

function textOf(operation: Record<string, unknown>, name: string): string {
  const value = getKey(operation, name);
  if (typeof value === 'string') return value;
  if (value !== undefined && value !== null) throw notDecoded(value, `struct field jsonPatchOp.${name} of type string`);
  throw new StatusError('BadRequest', `an operation of a JSON patch has no ${JSON.stringify(name)}`);
}

function operandOf(operation: Record<string, unknown>): unknown {
  if (Object.hasOwn(operation, 'value')) return operation['value'];
  throw new StatusError('BadRequest', 'an operation of a JSON patch has no "value"');
}

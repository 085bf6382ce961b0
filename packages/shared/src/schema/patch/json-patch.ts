import { StatusError } from '../../errors/index.ts';
import { getKey, isObject, type JsonObject, jsonEqual } from '../data.ts';
import { changeAt, insertChild, PatchError, parsePointer, removeChild, replaceChild, valueAt } from './json-pointer.ts';

/** kube-apiserver: endpoints/handlers/patch.go maxJSONPatchOperations. */
const MAX_OPERATIONS = 10_000;

/** Most JSON text that all copies of one patch may add: a few operations could double a document each. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

/**
 * RFC 6902. Changes neither argument. Throws BadRequest for what is no patch, RequestEntityTooLarge for too many operations, and PatchError for a
 * patch that does not fit the document.
 */
export function jsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw new StatusError('BadRequest', 'a JSON patch is an array of operations');
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

class Application {
  document: unknown;
  #copied = 0;

  constructor(document: unknown) {
    this.document = document;
  }

  apply(operation: unknown): void {
    if (!isObject(operation)) throw new StatusError('BadRequest', 'an operation of a JSON patch is an object');
    this.document = this.#result(operation, parsePointer(textOf(operation, 'path')));
  }

  #result(operation: JsonObject, path: readonly string[]): unknown {
    switch (textOf(operation, 'op')) {
      case 'add':
        return add(this.document, path, operandOf(operation));
      case 'remove':
        return remove(this.document, path);
      case 'replace':
        return replace(this.document, path, operandOf(operation));
      case 'move':
        return move(this.document, parsePointer(textOf(operation, 'from')), path);
      case 'copy':
        return this.#copy(parsePointer(textOf(operation, 'from')), path);
      case 'test':
        return test(this.document, path, operandOf(operation));
      default:
        throw new PatchError(`unknown operation ${JSON.stringify(operation['op'])}`);
    }
  }

  #copy(from: readonly string[], path: readonly string[]): unknown {
    const value = valueAt(this.document, from);
    this.#copied += JSON.stringify(value).length;
    if (this.#copied > MAX_COPIED_BYTES) throw new PatchError('the copies of this patch are too large together');
    return add(this.document, path, value);
  }
}

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  return path.length === 0 ? value : changeAt(document, path, insertChild(value));
}

function remove(document: unknown, path: readonly string[]): unknown {
  if (path.length === 0) throw new PatchError('the whole document cannot be removed');
  return changeAt(document, path, removeChild);
}

function replace(document: unknown, path: readonly string[], value: unknown): unknown {
  return path.length === 0 ? value : changeAt(document, path, replaceChild(value));
}

function move(document: unknown, from: readonly string[], path: readonly string[]): unknown {
  const value = valueAt(document, from);
  if (from.length < path.length && from.every((token, i) => token === path[i])) {
    throw new PatchError('a value cannot be moved into itself');
  }
  return add(remove(document, from), path, value);
}

function test(document: unknown, path: readonly string[], expected: unknown): unknown {
  if (jsonEqual(valueAt(document, path), expected)) return document;
  throw new PatchError(`testing path /${path.join('/')} failed`);
}

function textOf(operation: Record<string, unknown>, name: string): string {
  const value = getKey(operation, name);
  if (typeof value === 'string') return value;
  throw new StatusError('BadRequest', `an operation of a JSON patch has no ${JSON.stringify(name)}`);
}

function operandOf(operation: Record<string, unknown>): unknown {
  if (Object.hasOwn(operation, 'value')) return operation['value'];
  throw new StatusError('BadRequest', 'an operation of a JSON patch has no "value"');
}

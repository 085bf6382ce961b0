import { StatusError } from '@kubus/shared/errors';
import fastJsonPatch, { type Operation } from 'fast-json-patch';
import { badRequest } from './errors.ts';

/** Operations of one patch (apiserver/pkg/endpoints/handlers/patch.go maxJSONPatchOperations). */
const MAX_OPERATIONS = 10_000;

const operations: ReadonlySet<string> = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);

/** RFC 6902. The object is not changed. Throws BadRequest, RequestEntityTooLarge, or Invalid when an operation cannot be carried out. */
export function jsonPatch(object: object, patch: unknown): object {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: the body is not a list of operations');
  if (patch.length > MAX_OPERATIONS) {
    throw new StatusError(
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
  let document: unknown = structuredClone(object);
  for (const operation of patch as unknown[]) document = applyOne(document, operation);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw unprocessable('the patched document is not an object');
  }
  return document;
}

function applyOne(document: unknown, operation: unknown): unknown {
  checkOperation(operation);
  try {
    return fastJsonPatch.applyOperation(document, operation, true, true).newDocument;
  } catch (error) {
    throw unprocessable(reasonOf(error, operation));
  }
}

function checkOperation(operation: unknown): asserts operation is Operation {
  if (typeof operation !== 'object' || operation === null) throw badRequest('error decoding patch: not an operation');
  const { op, path } = operation as { op?: unknown; path?: unknown };
  if (typeof op !== 'string' || !operations.has(op) || typeof path !== 'string') {
    throw badRequest(`error decoding patch: unknown operation ${JSON.stringify(op)} at ${JSON.stringify(path)}`);
  }
}

function reasonOf(error: unknown, { op, path }: Operation): string {
  const name = (error as { name?: string }).name;
  if (name === 'TEST_OPERATION_FAILED') return `testing value ${path} failed: test failed`;
  return `${op} operation does not apply: doc is missing path: ${path}: missing value`;
}

/** 422, as client-go reads it: the reason is in the cause (apimachinery NewGenericServerResponse). */
function unprocessable(why: string): StatusError {
  return new StatusError('Invalid', 'the server rejected our request due to an error in our request', {
    causes: [{ reason: 'UnexpectedServerResponse', message: why }],
  });
}

/** RFC 7386. Names are data: they are set as own properties whatever they are. */
export function jsonMergePatch(object: object, patch: unknown): object {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) {
    throw badRequest('error decoding patch: the body is not an object');
  }
  return merge(object, patch) as object;
}

function merge(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? target : {};
  const result = new Map<string, unknown>(Object.entries(base));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, merge(result.get(name), value));
  }
  return Object.fromEntries(result);
}

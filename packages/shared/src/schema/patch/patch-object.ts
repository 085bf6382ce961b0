import { invalid, StatusError } from '../../errors/index.ts';
import type { KubeObject } from '../../object/index.ts';
import { isObject, type JsonObject } from '../data.ts';
import { converterMismatch } from '../decode/converter-words.ts';
import { type Decoded, type DecodeOptions, examine, strictMessage } from '../decode/decode-object.ts';
import { describe } from '../decode/scalars.ts';
import type { StructNode } from '../node.ts';
import { builtinSchema } from '../schema-set.ts';
import { jsonPatch, jsonPatchStrictErrors } from './json-patch.ts';
import { PatchError } from './json-pointer.ts';
import { mergePatch } from './merge-patch.ts';
import { StrategicPatchError } from './strategic/directives.ts';
import { strategicMerge } from './strategic/strategic-merge.ts';

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** Those that objects of a type take. Merge keys are not what definitions of custom resources speak of. */
export function patchTypesOf(node: StructNode): string[] {
  return Object.values(patchTypes).filter((type) => node.custom === undefined || type !== patchTypes.strategic);
}

export interface Patch {
  /** One of `patchTypes` but 'apply', which needs field managers: see `applyObject`. */
  contentType: string;
  body: unknown;
}

/** Longest text of a patch that is quoted in an error. */
const MAX_QUOTED = 2048;

/**
 * Patches a live object, which is not changed, and decodes the result as `decodeObject` does. Throws BadRequest for what is no patch,
 * UnsupportedMediaType, and Invalid for a patch that does not fit the object or does not give one, in the words of kube-apiserver
 * (endpoints/handlers/patch.go).
 */
export function patchObject<T extends object = KubeObject>(
  type: string | StructNode,
  live: T,
  patch: Patch,
  options: DecodeOptions = {},
): Decoded<T> {
  const node = typeof type === 'string' ? builtinSchema.struct(type) : type;
  const patched = applyTo(live as JsonObject, patch, node);
  if (!isObject(patched)) throw invalidPatch(patch, 'the result is no object');
  const { strictErrors = [] } = options;
  const { object, problems } = examine(node, patched, {
    strictErrors:
      patch.contentType === patchTypes.json ? jsonPatchStrictErrors(patch.body, strictErrors) : strictErrors,
    known: live as JsonObject,
    words: patch.contentType === patchTypes.strategic ? converterMismatch : undefined,
  });
  const { typeError, strict } = problems;
  if (typeError !== undefined) throw invalidPatch(patch, typeError.message);
  if (options.fieldValidation === 'Strict' && strict.length > 0) throw invalidPatch(patch, strictMessage(strict));
  return { object: object as T, warnings: options.fieldValidation === 'Warn' ? strict : [] };
}

function applyTo(live: JsonObject, patch: Patch, node: StructNode): unknown {
  const known = patchTypesOf(node);
  switch (known.find((type) => type === patch.contentType)) {
    case patchTypes.json:
      return withPatchErrors(() => jsonPatch(live, patch.body));
    case patchTypes.merge:
      return mergePatch(live, objectOf(patch.body, 'error decoding patch: '));
    case patchTypes.strategic:
      return withPatchErrors(() => strategicMerge(live, objectOf(patch.body, ''), node));
    default:
      throw new StatusError(
        'UnsupportedMediaType',
        `the body of the request was in an unknown format - accepted media types include: ${known.join(', ')}`,
      );
  }
}

function objectOf(body: unknown, frame: string): JsonObject {
  if (isObject(body)) return body;
  const problem = `json: cannot unmarshal ${describe(body)} into Go value of type map[string]interface {}`;
  throw new StatusError('BadRequest', `${frame}${problem}`);
}

function withPatchErrors(apply: () => unknown): unknown {
  try {
    return apply();
  } catch (error) {
    if (error instanceof StrategicPatchError) {
      throw new StatusError('BadRequest', error.message, undefined, { cause: error });
    }
    if (!(error instanceof PatchError)) throw error;
    throw new StatusError(
      'Invalid',
      'the server rejected our request due to an error in our request',
      { causes: [{ reason: 'FieldValueInvalid', message: error.message, field: 'patch' }] },
      { cause: error },
    );
  }
}

function invalidPatch({ body }: Patch, why: string): StatusError {
  const text = JSON.stringify(body);
  const quoted = text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}...` : text;
  return invalid({ group: '', kind: '', name: '' }, [
    { type: 'FieldValueInvalid', field: 'patch', detail: `Invalid value: ${JSON.stringify(quoted)}: ${why}` },
  ]);
}

import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { apiVersionOf, type GroupVersionKind } from '@kubus/shared/object';
import type { ServedResource } from '@kubus/shared/registry';
import type { Codec } from './codec.ts';
import type { DecodedRequest } from './contract.ts';
import { badRequest } from './errors.ts';
import type { FieldValidation } from './options.ts';

export interface Decoded {
  object: KubeObject;
  warnings: string[];
}

/** Kinds beyond this many unknown fields are not told one by one. */
const MAX_WARNINGS = 100;

/**
 * Reads the body of a request as a kind: apiVersion and kind must be those of the path or absent, fields must have their types, and what is unknown is
 * dropped, warned of or refused, as `fieldValidation` says. Throws BadRequest.
 */
export function decodeBody(
  codec: Codec,
  expected: GroupVersionKind & { schema: string },
  request: DecodedRequest,
  validation: FieldValidation,
): Decoded {
  const body = objectBody(request.body);
  checkKind(body, expected);
  const unknown: string[] = [...(request.strictErrors ?? [])];
  const object = decodeAs(codec, expected, body, unknown);
  return { object, warnings: judge(unknown, validation, (why) => cannotHandle(body.kind, expected, why)) };
}

/** Reads an object made from what is stored (a patched one, say) as its kind. */
export function decodeAs(
  codec: Codec,
  expected: GroupVersionKind & { schema: string },
  value: object,
  unknown: string[],
): KubeObject {
  try {
    const object = codec.decode(expected.schema, value, unknown);
    object.apiVersion = apiVersionOf(expected);
    object.kind = expected.kind;
    object.metadata ??= { name: '' };
    return object;
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw cannotHandle(expected.kind, expected, error instanceof Error ? error.message : String(error));
  }
}

/** Gives the warnings that the client gets for unknown fields; throws what `refuse` makes when they are not to be passed over. */
export function judge(
  unknown: readonly string[],
  validation: FieldValidation,
  refuse: (why: string) => Error,
): string[] {
  if (unknown.length === 0 || validation === 'Ignore') return [];
  if (validation === 'Strict') throw refuse(`strict decoding error: ${unknown.slice(0, MAX_WARNINGS).join(', ')}`);
  return unknown.slice(0, MAX_WARNINGS);
}

export function expectedKind(resource: ServedResource): GroupVersionKind & { schema: string } {
  return { group: resource.group, version: resource.version, kind: resource.kind, schema: resource.served.schema };
}

interface Body {
  apiVersion?: unknown;
  kind?: unknown;
}

function objectBody(body: unknown): Body {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  if (body === undefined) throw badRequest('the body of the request was empty');
  throw badRequest('the body of the request is not an object');
}

function checkKind(body: Body, expected: GroupVersionKind): void {
  const { apiVersion, kind } = body;
  const wanted = apiVersionOf(expected);
  if (apiVersion !== undefined && apiVersion !== '' && apiVersion !== wanted) {
    throw badRequest(
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${wanted})`,
    );
  }
  if (kind !== undefined && kind !== '' && kind !== expected.kind) {
    throw cannotHandle(kind, expected, `no kind match: expected ${expected.kind}`);
  }
}

function cannotHandle(kind: unknown, expected: GroupVersionKind, why: string): Error {
  const name = typeof kind === 'string' && kind !== '' ? kind : expected.kind;
  return badRequest(
    `${name} in version ${JSON.stringify(expected.version)} cannot be handled as a ${expected.kind}: ${why}`,
  );
}

import { apiVersionOf, type GroupVersionKind, type KubeObject } from '@kubus/shared/object';
import type { ServedResource } from '@kubus/shared/registry';
import {
  decodeObject,
  type FieldValidation,
  noVersionAndKind,
  type StructNode,
  unrecognizedBody,
} from '@kubus/shared/schema';
import type { DecodedRequest } from './contract.ts';
import { badRequest } from './errors.ts';

export interface DecodedBody {
  object: KubeObject;
  warnings: readonly string[];
}

export interface ExpectedKind extends GroupVersionKind {
  /** Schema type. */
  schema: string | StructNode;
}

/**
 * Reads the body of a request as a kind: apiVersion and kind must be those of the path or absent, fields must have their types, and what is unknown is
 * dropped, warned of or refused, as `fieldValidation` says. Throws BadRequest. The result shares nothing with the body.
 */
export function decodeBody(expected: ExpectedKind, request: DecodedRequest, validation: FieldValidation): DecodedBody {
  const { body, strictErrors } = request;
  if (body === undefined) {
    throw unrecognizedBody(expected.kind, noVersionAndKind('unexpected end of JSON input'), new Uint8Array());
  }
  checkKind(body, expected);
  const { object, warnings } = decodeObject(expected.schema, body, {
    fieldValidation: validation,
    ...(strictErrors === undefined ? {} : { strictErrors }),
  });
  return { object: asKind(object, expected), warnings };
}

/** Says of a decoded object what it is. */
export function asKind(object: KubeObject, expected: GroupVersionKind): KubeObject {
  object.apiVersion = apiVersionOf(expected);
  object.kind = expected.kind;
  object.metadata ??= { name: '' };
  object.metadata.name ??= '';
  return object;
}

export function expectedKind(resource: ServedResource): ExpectedKind {
  return { group: resource.group, version: resource.version, kind: resource.kind, schema: resource.served.schema };
}

/** Throws BadRequest for a body that says it is of another kind. */
export function checkKind(body: unknown, expected: GroupVersionKind): void {
  if (typeof body !== 'object' || body === null) return;
  const { apiVersion, kind } = body as { apiVersion?: unknown; kind?: unknown };
  const wanted = apiVersionOf(expected);
  if (typeof apiVersion === 'string' && apiVersion !== '' && apiVersion !== wanted) {
    throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`);
  }
  if (typeof kind === 'string' && kind !== '' && kind !== expected.kind) {
    throw badRequest(
      `${kind} in version ${JSON.stringify(expected.version)} cannot be handled as a ${expected.kind}: no kind match: expected ${expected.kind}`,
    );
  }
}

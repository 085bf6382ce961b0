import type { ApiRequest, ApiResponse } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { ServedResource, TableColumns } from '@kubus/shared/registry';
import { hasProtobuf } from '@kubus/shared/schema';
import {
  defaultColumns,
  type IncludeObject,
  isList,
  toPartialMetadata,
  toPartialMetadataList,
  toTable,
} from '../table/index.ts';
import { type Body, type ProtobufDecoder, readBody } from './body.ts';
import { contextOf, type ResourceCall } from './call.ts';
import type { DecodedRequest, Pipeline } from './contract.ts';
import { negotiate, objectTransforms, type Representation } from './negotiate.ts';
import { type Answer, encode, encodeText, send, warningHeaders } from './respond.ts';

export interface ResourcesOptions {
  pipeline: Pipeline;
  protobuf: ProtobufDecoder;
  now: () => Date;
}

/** Serves every request to a resource that is answered whole: all but watches and connections. */
export class Resources {
  readonly #options: ResourcesOptions;

  constructor(options: ResourcesOptions) {
    this.#options = options;
  }

  async serve(call: ResourceCall): Promise<void> {
    const { group, version, resource } = call.info;
    const served = this.#options.pipeline.registry.resource({ group, version, resource });
    const protobuf = served !== undefined && hasProtobuf(served);
    const columns = served && columnsOf(served, call.info.subresource);
    const representation = negotiate(call.request.headers.accept, transformsOf(served, columns), protobuf);
    const includeObject = includeObjectOf(call.query);
    const request: DecodedRequest = apiRequestOf(call);
    const { verb } = call.info;
    if (verb !== 'get' && verb !== 'list') {
      const { protobuf } = this.#options;
      const body = await readBody(call.request, { verb, kind: bodyKindOf(call.info, served), protobuf }, call.signal);
      if (body !== undefined) takeBody(request, body);
    }
    const answer = await this.#options.pipeline.handle(request, contextOf(call));
    const encoded = this.#encode(answer, representation, includeObject, columns);
    encoded.code = answer.code;
    encoded.headers = headersOf(answer);
    await send(call.request, call.response, encoded);
  }

  #encode(
    answer: ApiResponse,
    representation: Representation,
    includeObject: IncludeObject,
    columns: TableColumns | undefined,
  ): Answer {
    const { format, as, pretty } = representation;
    if (answer.json !== undefined && format === 'json' && as === undefined)
      return { ...encodeText(answer.json()), ...(pretty ? { pretty } : {}) };
    return encode(this.#represent(answer, representation, includeObject, columns), representation);
  }

  #represent(
    answer: ApiResponse,
    representation: Representation,
    includeObject: IncludeObject,
    columns = defaultColumns,
  ): unknown {
    const body = answer.body as object;
    if (representation.as === undefined || answer.code >= 300 || !hasMetadata(body)) return body;
    const { kind, version } = representation.as;
    if (kind === 'Table') {
      return toTable(body, columns, { version, includeObject, withDefinitions: true, now: this.#options.now() });
    }
    if (isList(body) !== kind.endsWith('List')) {
      throw new StatusError('NotAcceptable', `you requested ${kind}, but the requested object is a ${body.kind}`);
    }
    return isList(body) ? toPartialMetadataList(body, version) : toPartialMetadata(body, version);
  }
}

/** What a request's body is to be, as messages call it. */
function bodyKindOf({ verb, resource, subresource }: ResourceCall['info'], served: ServedResource | undefined): string {
  if (verb === 'delete' || verb === 'deletecollection') return 'DeleteOptions';
  return served?.subresources.get(subresource)?.responds.kind ?? served?.kind ?? resource;
}

function takeBody(request: DecodedRequest, { contentType, value, strictErrors }: Body): void {
  request.contentType = contentType;
  request.body = value;
  request.strictErrors = strictErrors;
}

/** The columns of what a resource or subresource is answered with; undefined: it has none, being only answered and never kept. */
function columnsOf({ declaration, subresources, table }: ServedResource, name: string): TableColumns | undefined {
  const subresource = subresources.get(name);
  if (subresource?.table !== undefined) return subresource.table;
  if (subresource?.type === 'action' || subresource?.type === 'transform') return undefined;
  return table ?? (declaration.strategy === undefined ? undefined : defaultColumns);
}

/** A resource that is not served is answered with a Status, whatever form is asked for. */
function transformsOf(served: ServedResource | undefined, columns: TableColumns | undefined): typeof objectTransforms {
  if (served === undefined || columns !== undefined) return objectTransforms;
  return (as) => as.kind !== 'Table' && objectTransforms(as);
}

/** Neither a Status nor another answer without an object. */
function hasMetadata(body: object): body is KubeObject {
  return 'metadata' in body && 'kind' in body && body.kind !== 'Status';
}

function headersOf(answer: ApiResponse): NonNullable<Answer['headers']> {
  const headers: Record<string, string | readonly string[]> = {};
  if (answer.warnings !== undefined && answer.warnings.length > 0) headers['warning'] = warningHeaders(answer.warnings);
  const seconds = answer.code < 400 ? undefined : retryAfter(answer);
  if (seconds !== undefined) headers['retry-after'] = String(seconds);
  return headers;
}

function retryAfter({ code, body }: ApiResponse): number | undefined {
  const { details } = body as { details?: { retryAfterSeconds?: number } };
  return details?.retryAfterSeconds ?? (code === 429 ? 1 : undefined);
}

export function apiRequestOf(call: ResourceCall): ApiRequest {
  const { verb, group, version, resource, namespace, name, subresource } = call.info;
  const request: ApiRequest = { verb, group, version, resource };
  if (namespace !== '') request.namespace = namespace;
  if (name !== '') request.name = name;
  if (subresource !== '') request.subresource = subresource;
  if (call.query.size > 0) request.query = parametersOf(call.query);
  return request;
}

function parametersOf(query: URLSearchParams): Record<string, string> {
  // Parameters may have any name; a plain object would take `__proto__` for its prototype.
  const parameters: Record<string, string> = Object.create(null);
  for (const [key, value] of query) if (!(key in parameters)) parameters[key] = value;
  return parameters;
}

export function includeObjectOf(query: URLSearchParams): IncludeObject {
  const value = query.get('includeObject') ?? '';
  if (value === '') return 'Metadata';
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value;
  throw new StatusError(
    'BadRequest',
    `includeObject must be one of None, Metadata, Object, not ${JSON.stringify(value)}`,
  );
}

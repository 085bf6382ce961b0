import type { StatusError } from '@kubus/shared/errors';
import { apiVersionOf, type GroupVersionKind, type KubeObject } from '@kubus/shared/object';
import type { TableColumns } from '@kubus/shared/registry';
import { encodeProtobufWatchEvent, type JsonObject } from '@kubus/shared/schema';
import { bookmarkTable, type IncludeObject, toPartialMetadata, toTable } from '../../table/index.ts';
import type { CacheEvent } from '../../watchcache/index.ts';
import { MEDIA_JSON, MEDIA_PROTOBUF, type Representation } from '../negotiate.ts';

/** The frames of one watch response: lines of JSON, or protobuf with its length before it. */
export interface WatchEncoding {
  readonly contentType: string;
  event(event: CacheEvent): Uint8Array;
  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array;
  /** The last frame of a watch that failed. */
  error(error: StatusError): Uint8Array;
}

const line = (type: string, object: unknown): Uint8Array => Buffer.from(`${JSON.stringify({ type, object })}\n`);

const errorLine = (error: StatusError): Uint8Array => line('ERROR', error.toStatus());
const frame = (type: string, object: unknown): Uint8Array => encodeProtobufWatchEvent(type, object as JsonObject);

function bookmarkObject(kind: GroupVersionKind, revision: number, initialEventsEnd: boolean): KubeObject {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  const metadata = { resourceVersion: String(revision), ...(initialEventsEnd ? { annotations } : {}) };
  // A bookmark has no name: it is no object of the collection, only its revision (KEP-956).
  return { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata: metadata as unknown as KubeObject['metadata'] };
}

const encodeObject = (event: CacheEvent): Uint8Array => line(event.type, event.object);
const encodeMetadata = (event: CacheEvent): Uint8Array => line(event.type, toPartialMetadata(event.object, 'v1'));

export interface EncodingOptions {
  kind: GroupVersionKind;
  representation: Representation;
  columns: TableColumns;
  includeObject: IncludeObject;
  now: () => Date;
}

/** Objects and metadata are encoded once for all watchers. Tables are made for each: they show ages, and the first one carries the definitions. */
export function watchEncoding(options: EncodingOptions): WatchEncoding {
  const as = options.representation.as?.kind;
  if (options.representation.format === 'protobuf') return protobufEncoding(options, as !== undefined);
  if (as === 'Table') return tableEncoding(options);
  if (as === undefined) {
    return {
      ...inJson,
      event: (event) => event.encoded('json', encodeObject),
      bookmark: (revision, end) => line('BOOKMARK', bookmarkObject(options.kind, revision, end)),
    };
  }
  return {
    ...inJson,
    event: (event) => event.encoded('metadata', encodeMetadata),
    bookmark: (revision, end) => line('BOOKMARK', toPartialMetadata(bookmarkObject(options.kind, revision, end), 'v1')),
  };
}

const inJson = { contentType: MEDIA_JSON, error: errorLine };

const frameObject = (event: CacheEvent): Uint8Array => frame(event.type, event.object);
const frameMetadata = (event: CacheEvent): Uint8Array => frame(event.type, toPartialMetadata(event.object, 'v1'));

function protobufEncoding({ kind }: EncodingOptions, metadataOnly: boolean): WatchEncoding {
  const [name, encode] = metadataOnly ? ['protobuf/metadata', frameMetadata] : ['protobuf', frameObject];
  return {
    contentType: `${MEDIA_PROTOBUF};stream=watch`,
    event: (event) => event.encoded(name as string, encode as (event: CacheEvent) => Uint8Array),
    bookmark: (revision, end) => {
      const bookmark = bookmarkObject(kind, revision, end);
      return frame('BOOKMARK', metadataOnly ? toPartialMetadata(bookmark, 'v1') : bookmark);
    },
    error: (error) => frame('ERROR', error.toStatus()),
  };
}

function tableEncoding(options: EncodingOptions): WatchEncoding {
  let withDefinitions = true;
  const tableOptions = () => {
    const first = withDefinitions;
    withDefinitions = false;
    return {
      version: options.representation.as?.version ?? 'v1',
      includeObject: options.includeObject,
      withDefinitions: first,
      now: options.now(),
    };
  };
  return {
    ...inJson,
    event: (event) => line(event.type, toTable(event.object, options.columns, tableOptions())),
    bookmark: (revision, end) => {
      const bookmark = bookmarkObject(options.kind, revision, end);
      return line('BOOKMARK', bookmarkTable(bookmark, options.columns, tableOptions()));
    },
  };
}

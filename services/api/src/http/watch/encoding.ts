import type { StatusError } from '@kubus/shared/errors';
import { apiVersionOf, type GroupVersionKind, type KubeObject } from '@kubus/shared/object';
import type { TableColumns } from '@kubus/shared/registry';
import { bookmarkTable, type IncludeObject, toPartialMetadata, toTable } from '../../table/index.ts';
import type { CacheEvent } from '../../watchcache/index.ts';
import type { Representation } from '../negotiate.ts';

/** The lines of one watch response. */
export interface WatchEncoding {
  event(event: CacheEvent): Uint8Array;
  bookmark(revision: number, initialEventsEnd: boolean): Uint8Array;
}

const line = (type: string, object: unknown): Uint8Array => Buffer.from(`${JSON.stringify({ type, object })}\n`);

/** The last line of a watch that failed. */
export function errorLine(error: StatusError): Uint8Array {
  return line('ERROR', error.toStatus());
}

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
  if (as === 'Table') return tableEncoding(options);
  if (as === undefined) {
    return {
      event: (event) => event.encoded('json', encodeObject),
      bookmark: (revision, end) => line('BOOKMARK', bookmarkObject(options.kind, revision, end)),
    };
  }
  return {
    event: (event) => event.encoded('metadata', encodeMetadata),
    bookmark: (revision, end) => line('BOOKMARK', toPartialMetadata(bookmarkObject(options.kind, revision, end), 'v1')),
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
    event: (event) => line(event.type, toTable(event.object, options.columns, tableOptions())),
    bookmark: (revision, end) => {
      const bookmark = bookmarkObject(options.kind, revision, end);
      return line('BOOKMARK', bookmarkTable(bookmark, options.columns, tableOptions()));
    },
  };
}

import type { KubeObject } from '@kubus/shared/object';
import type { ColumnDefinition, TableColumns } from '@kubus/shared/registry';

export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  /** meta.k8s.io version asked for. */
  version: string;
  includeObject: IncludeObject;
  /** Left out of later events of a watch: clients keep the first. */
  withDefinitions: boolean;
  now: Date;
}

interface ListLike {
  metadata?: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items: readonly KubeObject[];
}

export function isList(body: object): body is ListLike & { kind: string; apiVersion: string } {
  return 'items' in body && Array.isArray(body.items) && 'kind' in body && String(body.kind).endsWith('List');
}

/** Converts a list or one object to a meta.k8s.io Table (kubernetes.io: API concepts, "Receiving resources as Tables"). */
export function toTable(body: ListLike | KubeObject, columns: TableColumns, options: TableOptions): object {
  const items = isList(body) ? body.items : [body as KubeObject];
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: tableMetadata(body),
    columnDefinitions: options.withDefinitions ? columns.columns.map(definition) : null,
    rows: items.map((item) => ({ cells: columns.cells(item, options.now), ...rowObject(item, options) })),
  };
}

function tableMetadata(body: ListLike | KubeObject): object {
  if (isList(body)) return body.metadata ?? {};
  const { resourceVersion } = (body as KubeObject).metadata;
  return resourceVersion === undefined ? {} : { resourceVersion };
}

function definition(column: ColumnDefinition): Required<ColumnDefinition> {
  return {
    name: column.name,
    type: column.type,
    format: column.format ?? '',
    description: column.description ?? '',
    priority: column.priority ?? 0,
  };
}

function rowObject(item: KubeObject, options: TableOptions): { object?: object } {
  if (options.includeObject === 'None') return {};
  return { object: options.includeObject === 'Object' ? item : toPartialMetadata(item, options.version) };
}

/** An object reduced to its metadata (meta.k8s.io PartialObjectMetadata). */
export function toPartialMetadata(object: KubeObject, version: string): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}

export function toPartialMetadataList(list: ListLike, version: string): object {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: list.metadata ?? {},
    items: list.items.map((item) => toPartialMetadata(item, version)),
  };
}

/** A bookmark as a Table watcher sees it: no rows, only how far it is. */
export function bookmarkTable(bookmark: KubeObject, columns: TableColumns, options: TableOptions): object {
  const { resourceVersion, annotations } = bookmark.metadata;
  return {
    ...toTable({ kind: 'List', metadata: {}, items: [] } as ListLike, columns, options),
    metadata: {
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    rows: [],
  };
}

/** For kinds that declare no columns of their own (apiserver/pkg/registry/rest/table.go). */
export const defaultColumns: TableColumns = {
  columns: [
    {
      name: 'Name',
      type: 'string',
      format: 'name',
      description: 'Name of the object, unique within its namespace.',
    },
    {
      name: 'Created At',
      type: 'date',
      description: 'Time at which the server created the object.',
    },
  ],
  cells: (object) => [object.metadata.name, object.metadata.creationTimestamp ?? null],
};

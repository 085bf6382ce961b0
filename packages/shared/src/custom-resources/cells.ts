import type { KubeObject } from '../object/index.ts';
import { age, ageColumn, nameColumn, since } from '../registry/columns.ts';
import type { ColumnDefinition, TableColumns } from '../registry/contract.ts';
import type { PrinterColumn } from './definition.ts';
import { type ColumnPath, parseColumnPath } from './json-path.ts';

/** The columns of a version: the name, then those of the definition, or else the age. */
export function columnsOf(columns: readonly PrinterColumn[] | undefined): TableColumns {
  if (columns === undefined || columns.length === 0) {
    // Unlike built-in kinds', theirs is a time (customresource_handler.go serveDefaultColumnsIfEmpty).
    return {
      columns: [nameColumn, { ...ageColumn, type: 'date' }],
      cells: (object, now) => [object.metadata.name, age(object, now)],
    };
  }
  const parsed = columns.flatMap((column) => {
    const path = parseColumnPath(column.jsonPath);
    return path === undefined ? [] : [{ column, path }];
  });
  return {
    columns: [nameColumn, ...parsed.map(({ column }) => describe(column))],
    cells: (object, now) => [
      object.metadata.name,
      ...parsed.map(({ column, path }) => cell(object, path, column.type, now)),
    ],
  };
}

function describe({ name, type, format, description, priority, jsonPath }: PrinterColumn): ColumnDefinition {
  return {
    ...{ name, type },
    ...(format === undefined ? {} : { format }),
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    ...(priority === undefined ? {} : { priority }),
  };
}

function cell(object: KubeObject, path: ColumnPath, type: string, now: Date): unknown {
  const values = path(object);
  const [first] = values;
  if (first === undefined || first === null) return null;
  switch (type) {
    case 'date':
      return typeof first === 'string' ? since(first, now) : '<invalid>';
    case 'string':
      return values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' ');
    case 'integer':
    case 'number':
      return typeof first === 'number' ? (type === 'integer' ? Math.trunc(first) : first) : null;
    default:
      return typeof first === 'boolean' ? first : null;
  }
}

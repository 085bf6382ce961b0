import { type StatusCause, StatusError } from '../../errors/index.ts';
import { forEachPath } from './field-tree.ts';
import type { Manager } from './managers.ts';
import type { Conflict } from './ownership.ts';
import { formatPath } from './path-element.ts';

/** 409 for an apply that would change what others own, in Kubernetes' words. */
export function applyConflict(conflicts: readonly Conflict[]): StatusError {
  const found = conflicts
    .map(({ manager, fields }) => ({ manager: describeManager(manager), paths: pathsOf(fields) }))
    .sort((a, b) => (a.manager < b.manager ? -1 : 1));
  const causes: StatusCause[] = found.flatMap(({ manager, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${manager}`, field })),
  );
  return new StatusError('Conflict', message(found, causes), { causes });
}

function message(found: readonly { manager: string; paths: string[] }[], causes: readonly StatusCause[]): string {
  const [only] = causes;
  if (causes.length === 1) return `Apply failed with 1 conflict: ${only?.message}: ${only?.field}`;
  const lines = found.flatMap(({ manager, paths }) => [
    `conflicts with ${manager}:`,
    ...paths.map((path) => `- ${path}`),
  ]);
  return `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`;
}

function pathsOf(fields: Conflict['fields']): string[] {
  const paths: string[] = [];
  forEachPath(fields, (path) => paths.push(formatPath(path)));
  return paths;
}

function describeManager({ manager, operation, apiVersion, subresource }: Manager): string {
  const name =
    subresource === ''
      ? JSON.stringify(manager)
      : `${JSON.stringify(manager)} with subresource ${JSON.stringify(subresource)}`;
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}

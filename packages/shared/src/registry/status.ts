import type { FieldError } from '../errors/index.ts';
import type { GroupVersionKind, KubeObject } from '../object/index.ts';
import type { Subresource, Verb, WriteContext } from './contract.ts';

export const partVerbs: readonly Verb[] = ['get', 'patch', 'update'];

interface StatusOptions<T> {
  /** Whether metadata beside what the system keeps may be written too: labels and annotations, never owners or finalizers. Default true. */
  validate?(object: T): FieldError[];
  validateUpdate?(object: T, old: T): FieldError[];
  /** More to put back than everything outside of status. */
  prepareForUpdate?(object: T, old: T, context: WriteContext): void;
}

/** The subresource by which the status of an object is written: everything else stays as it was. */
export function statusSubresource<T extends KubeObject>(
  responds: GroupVersionKind,
  schema: string,
  options: StatusOptions<T> = {},
): Subresource<T> {
  return {
    name: 'status',
    responds,
    schema,
    verbs: partVerbs,
    type: 'part',
    resetFields: [['spec'], ['metadata', 'ownerReferences'], ['metadata', 'finalizers']],
    rules: {
      prepareForUpdate(object, old, context) {
        keepAllBut(object, old, 'status');
        object.metadata = { ...object.metadata };
        restore(object.metadata, old.metadata, 'ownerReferences');
        restore(object.metadata, old.metadata, 'finalizers');
        options.prepareForUpdate?.(object, old, context);
      },
      ...(options.validate === undefined ? {} : { validate: options.validate }),
      ...(options.validateUpdate === undefined ? {} : { validateUpdate: options.validateUpdate }),
    },
  };
}

/** Puts back every top-level field but metadata and one. */
export function keepAllBut(object: KubeObject, old: KubeObject, field: string): void {
  const target = object as unknown as Record<string, unknown>;
  const source = old as unknown as Record<string, unknown>;
  for (const name of new Set([...Object.keys(target), ...Object.keys(source)])) {
    if (name !== field && name !== 'metadata') restore(target, source, name);
  }
}

function restore<K extends PropertyKey>(target: { [P in K]?: unknown }, source: { [P in K]?: unknown }, name: K): void {
  if (source[name] === undefined) delete target[name];
  else target[name] = source[name];
}

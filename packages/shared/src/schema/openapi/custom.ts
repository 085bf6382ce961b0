import type { GroupVersionKind } from '../../object/index.ts';
import { isObject, setKey } from '../data.ts';
import type { StructNode } from '../node.ts';
import { builtinSchema } from '../schema-set.ts';
import type { Dialect, OpenApiObject } from './contract.ts';

/** What version 2 has no words for, and what clients of it misread (apiextensions-apiserver/pkg/controller/openapi/v2). */
const unknownToV2: ReadonlySet<string> = new Set(['nullable', 'allOf', 'anyOf', 'oneOf', 'not', 'default']);

/** The definition of a custom resource: what its author wrote, with what every object has. */
export function customDefinition(
  definitions: { refer(node: StructNode): OpenApiObject },
  schema: Readonly<Record<string, unknown>>,
  kinds: readonly GroupVersionKind[] | undefined,
  dialect: Dialect,
): OpenApiObject {
  const own = (dialect === 'v2' ? forV2(schema) : schema) as OpenApiObject;
  const metadata = definitions.refer(builtinSchema.struct('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'));
  const properties = isObject(own['properties']) ? own['properties'] : {};
  return {
    ...own,
    properties: {
      ...properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: dialect === 'v2' ? metadata : { allOf: [metadata] },
    },
    ...(kinds === undefined ? {} : { 'x-kubernetes-group-version-kind': kinds }),
  };
}

function forV2(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(forV2);
  if (!isObject(value)) return value;
  // Of what may hold anything, clients are told nothing: they would refuse the rest.
  if (value['x-kubernetes-preserve-unknown-fields'] === true && value['type'] !== 'object') {
    return { 'x-kubernetes-preserve-unknown-fields': true };
  }
  const result: OpenApiObject = {};
  for (const key of Object.keys(value)) {
    if (unknownToV2.has(key)) continue;
    if (key !== 'properties' || !isObject(value[key])) setKey(result, key, forV2(value[key]));
    else
      setKey(
        result,
        key,
        Object.fromEntries(Object.entries(value[key]).map(([name, schema]) => [name, forV2(schema)])),
      );
  }
  return result;
}

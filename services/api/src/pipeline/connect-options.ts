import { apiVersionOf, type KubeObject } from '@kubus/shared/object';
import type { Subresource } from '@kubus/shared/registry';
import { builtinSchema, setKey } from '@kubus/shared/schema';

/** A connection that only reads (a log) changes nothing: admission is not asked, as kube-apiserver has it. */
export function reads({ verbs }: Subresource): boolean {
  return !verbs.includes('create');
}

/** The options of a connection as admission sees them: PodExecOptions and the like, read from query parameters. */
export function connectOptions({ responds, schema }: Subresource, params: URLSearchParams): KubeObject {
  const options: Record<string, unknown> = { kind: responds.kind, apiVersion: apiVersionOf(responds) };
  for (const field of builtinSchema.struct(schema).fields.values()) {
    const values = params.getAll(field.name);
    const [value] = values;
    if (value === undefined || field.name === 'kind' || field.name === 'apiVersion') continue;
    setKey(
      options,
      field.name,
      field.node.kind === 'list' ? values.map((one) => scalar(field.node, one)) : scalar(field.node, value),
    );
  }
  return options as unknown as KubeObject;
}

type Node = { kind: string; scalar?: string; element?: unknown };

function scalar(node: Node, text: string): unknown {
  const type = node.kind === 'list' ? (node.element as Node).scalar : node.scalar;
  if (type === 'bool') return text !== '0' && text.toLowerCase() !== 'false';
  if (type === 'int32' || type === 'int64') return Number(text);
  return text;
}

import type { KubeObject } from '../../object/index.ts';
import { getKey, isObject, type JsonObject } from '../data.ts';
import type { StructNode } from '../node.ts';
import { checkConfig } from './applied-config.ts';
import { compare } from './compare.ts';
import { fieldSetOf } from './field-set.ts';
import { difference, emptyTree, type FieldTree } from './field-tree.ts';

/** Where `kubectl apply` keeps what it applied last, without server-side apply. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

function annotationsOf(object: JsonObject): JsonObject {
  const metadata = object['metadata'];
  const annotations = isObject(metadata) ? metadata['annotations'] : undefined;
  return isObject(annotations) ? annotations : {};
}

/** What client-side apply set and nobody has changed since: kubectl's server-side apply may take it over without conflict. */
export function lastAppliedFields(node: StructNode, live: JsonObject): FieldTree {
  const config = parseLastApplied(getKey(annotationsOf(live), LAST_APPLIED));
  if (config === undefined || config['apiVersion'] !== live['apiVersion']) return emptyTree;
  const { config: checked, problems } = checkConfig(node, config);
  if (problems.length > 0) return emptyTree;
  const { added, modified, removed } = compare(node, checked, live);
  return difference(difference(difference(fieldSetOf(node, checked), modified), added), removed);
}

function parseLastApplied(text: unknown): JsonObject | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  try {
    const config: unknown = JSON.parse(text);
    return isObject(config) ? config : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Keeps the annotation, where there is one, in step with what kubectl applies. */
export function withLastApplied<T extends KubeObject>(object: T, config: JsonObject): T {
  const { metadata } = object;
  const annotations = metadata.annotations ?? {};
  if (!getKey(annotations, LAST_APPLIED)) return object;
  const text = `${JSON.stringify(withoutAnnotation(config))}\n`;
  return { ...object, metadata: { ...metadata, annotations: { ...annotations, [LAST_APPLIED]: text } } };
}

function withoutAnnotation(config: JsonObject): JsonObject {
  const { [LAST_APPLIED]: _, ...annotations } = annotationsOf(config);
  const { annotations: __, ...metadata } = isObject(config['metadata']) ? config['metadata'] : {};
  const rest = Object.keys(annotations).length === 0 ? metadata : { ...metadata, annotations };
  return { ...config, metadata: rest };
}

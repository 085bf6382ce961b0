import { getKey, isObject, type JsonObject } from '../schema/data.ts';

/** One node of a structural schema (KEP-1111), read once from a definition. */
export interface Structural {
  readonly type: string;
  readonly properties: ReadonlyMap<string, Structural>;
  /** Of values under keys that users choose; true: anything. */
  readonly additional: Structural | boolean | undefined;
  readonly items: Structural | undefined;
  readonly required: readonly string[];
  readonly nullable: boolean;
  readonly intOrString: boolean;
  readonly preservesUnknown: boolean;
  readonly embedded: boolean;
  /** undefined: none. */
  readonly default: unknown;
  readonly listType: 'atomic' | 'set' | 'map' | undefined;
  readonly listMapKeys: readonly string[];
  readonly mapType: 'atomic' | 'granular' | undefined;
  readonly rules: readonly RuleSpec[];
  /** What the definition says, for keywords that constrain values. */
  readonly props: JsonObject;
}

/** apiextensions.k8s.io/v1 ValidationRule. */
export interface RuleSpec {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}

/** Reads a JSONSchemaProps. Whether it is structural is for validation to say. */
export function structuralOf(props: JsonObject): Structural {
  const flag = (name: string): boolean => getKey(props, name) === true;
  const additional = getKey(props, 'additionalProperties');
  const items = getKey(props, 'items');
  return {
    type: text(props, 'type'),
    properties: new Map(
      Object.entries(objectAt(props, 'properties')).map(([name, child]) => [name, structuralOf(asObject(child))]),
    ),
    additional: isObject(additional) ? structuralOf(additional) : additional === true ? true : undefined,
    items: isObject(items) ? structuralOf(items) : undefined,
    required: listAt(props, 'required') as string[],
    nullable: flag('nullable'),
    intOrString: flag('x-kubernetes-int-or-string'),
    preservesUnknown: flag('x-kubernetes-preserve-unknown-fields'),
    embedded: flag('x-kubernetes-embedded-resource'),
    default: getKey(props, 'default') ?? undefined,
    listType: (text(props, 'x-kubernetes-list-type') || undefined) as Structural['listType'],
    listMapKeys: listAt(props, 'x-kubernetes-list-map-keys') as string[],
    mapType: (text(props, 'x-kubernetes-map-type') || undefined) as Structural['mapType'],
    rules: listAt(props, 'x-kubernetes-validations') as RuleSpec[],
    props,
  };
}

export function text(props: JsonObject, name: string): string {
  const value = getKey(props, name);
  return typeof value === 'string' ? value : '';
}

export function number(props: JsonObject, name: string): number | undefined {
  const value = getKey(props, name);
  return typeof value === 'number' ? value : undefined;
}

export function listAt(props: JsonObject, name: string): readonly unknown[] {
  const value = getKey(props, name);
  return Array.isArray(value) ? value : [];
}

export function objectAt(props: JsonObject, name: string): JsonObject {
  return asObject(getKey(props, name));
}

export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

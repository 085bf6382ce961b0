import type { PatchStrategy, ScalarType, StructType } from './facts.ts';

/**
 * A type, linked to the types of its parts: what every walk over an object follows. Built-in types come from the fact tables; definitions of custom
 * resources are brought into the same form.
 */
export type SchemaNode = ScalarNode | ListNode | MapNode | StructNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly scalar: ScalarType;
  readonly goType: string;
}

export interface ListNode {
  readonly kind: 'list';
  readonly element: SchemaNode;
  /** Who owns what in server-side apply: the whole list, its values, or its elements by key. */
  readonly listType: 'atomic' | 'set' | 'map';
  readonly keys: readonly string[];
  readonly goType: string;
  /** In protobuf, a message whose only field is the list. */
  readonly wrapped?: boolean;
}

export interface MapNode {
  readonly kind: 'map';
  readonly element: SchemaNode;
  readonly mapType: StructType;
  readonly goType: string;
}

export interface StructNode {
  readonly kind: 'struct';
  /** Full name in the schema: 'io.k8s.api.core.v1.Pod'. */
  readonly name: string;
  /** As Go's messages print it: 'v1.Pod'. */
  readonly goType: string;
  readonly structType: StructType;
  /** Has apiVersion and kind. */
  readonly document: boolean;
  /** By JSON name, in order, with those of inlined structs. */
  readonly fields: ReadonlyMap<string, Field>;
  /** The fields that Go writes even when nobody set them. */
  readonly always: readonly Field[];
  /** By protobuf number. */
  readonly wire: readonly (WireField | undefined)[];
  /**
   * Of definitions of custom resources: values of a wrong type stay, and so do nulls, for validation to judge; unknown fields too, where the definition
   * says so.
   */
  readonly custom?: {
    readonly preservesUnknown: boolean;
    /** Of a whole object: the OpenAPI schema that its definition has. */
    readonly openApi?: Readonly<Record<string, unknown>>;
  };
}

export interface Field {
  readonly name: string;
  readonly node: SchemaNode;
  /** Null is absence, zero is a value. */
  readonly pointer: boolean;
  /** An empty value (0, '', false, [], {}) is absence. */
  readonly dropsEmpty: boolean;
  readonly required: boolean;
  readonly patchStrategy: PatchStrategy | undefined;
  readonly patchMergeKey: string | undefined;
  readonly enum: readonly string[] | undefined;
  readonly default: unknown;
}

/** A field in protobuf, or a struct that is inlined in JSON and a message in protobuf. */
export type WireField = { readonly field: Field } | { readonly inline: StructNode };

/**
 * What the schema knows of every Kubernetes type: facts read by the generator from the sources of k8s.io/api and k8s.io/apimachinery.
 * They serve decoding (JSON and protobuf), patching, server-side apply and the OpenAPI documents alike.
 */

/** The types of one Go package, which is one group version. */
export interface PackageFacts {
  /** OpenAPI name of the package: 'io.k8s.api.apps.v1'; its types are named `<package>.<Go name>`. */
  name: string;
  /** '' for the core group. */
  group: string;
  version: string;
  types: Readonly<Record<string, TypeFacts>>;
}

export interface TypeFacts {
  /** Has apiVersion and kind: an object, a list, or a body such as DeleteOptions. */
  document?: true;
  /** A Go slice with a protobuf message of its own (authentication ExtraValue): an array in JSON, of its only field's type. */
  list?: true;
  /** Owned as a whole by one applier ('atomic') or field by field. Default 'granular'. */
  structType?: StructType;
  fields: readonly FieldFacts[];
}

export type StructType = 'atomic' | 'granular';

/** Types that are not structs. Every other type reference is the full name of a type in the tables. */
export const scalarTypes = [
  'string',
  'bool',
  'int32',
  'int64',
  'double',
  /** base64 in JSON. */
  'bytes',
  /** RFC 3339 in whole seconds; null or absent when zero. */
  'Time',
  /** RFC 3339 in microseconds. */
  'MicroTime',
  /** A Go duration such as '1h0m0s'. */
  'Duration',
  'Quantity',
  'IntOrString',
  /** Any JSON object. */
  'RawExtension',
  'FieldsV1',
  /** Any JSON value. */
  'Any',
] as const;

export type ScalarType = (typeof scalarTypes)[number];

export interface FieldFacts {
  /** In JSON. Of an inlined struct: its Go name, which appears nowhere in JSON. */
  name: string;
  /** In protobuf. Absent: the field is not in protobuf. */
  number?: number;
  /** Of the value, or of the elements of a list or map. */
  type: ScalarType | (string & {});
  list?: true;
  /** Keys are strings. */
  map?: true;
  /** Its fields belong to the parent in JSON; in protobuf it is a message. */
  inline?: true;
  /** As Go's messages print the type, where that does not follow from the rest: 'v1.RestartPolicy'. */
  goType?: string;
  /** A Go pointer: zero is a value of its own, not absence. */
  pointer?: true;
  /** Absent from JSON when empty (Go's omitempty; of a struct that is no pointer it has no effect). */
  omitempty?: true;
  /** Absent from JSON when the Go value is zero, structs too. */
  omitzero?: true;
  required?: true;
  /** Strategic merge patch. */
  patchStrategy?: PatchStrategy;
  patchMergeKey?: string;
  /** Server-side apply (KEP-555). Default for lists: 'atomic'. */
  listType?: 'atomic' | 'set' | 'map';
  listMapKeys?: readonly string[];
  mapType?: StructType;
  /** Overrides the type's own. */
  structType?: StructType;
  /** The values that a closed string type has. */
  enum?: readonly string[];
  /** Of `+default` markers; most defaults are code, not facts. */
  default?: unknown;
}

export type PatchStrategy = 'merge' | 'replace' | 'retainKeys' | 'merge,retainKeys';

import { apiextensionsV1 } from './apiextensions-v1.ts';
import { apiregistrationV1 } from './apiregistration-v1.ts';
import type { FieldFacts, PackageFacts, ScalarType, StructType, TypeFacts } from './facts.ts';
import { scalarTypes } from './facts.ts';
import { packages as builtinPackages } from './generated/packages.ts';
import { defaultGoType, goElementType } from './go-types.ts';
import { metricsPackage } from './metrics.ts';
import type { Field, ListNode, ScalarNode, SchemaNode, StructNode, WireField } from './node.ts';
import { zeroOf } from './zero.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const scalars: ReadonlySet<string> = new Set(scalarTypes);

/** Types of a set of packages, linked on first use: most processes ask for a few of the kinds only. */
export class SchemaSet {
  readonly #facts = new Map<string, TypeFacts>();
  readonly #wireForms = new Map<string, boolean>();
  readonly #packageNames = new Map<string, string>();
  readonly #structs = new Map<string, StructNode>();
  readonly #scalars = new Map<string, ScalarNode>();

  constructor(packages: readonly PackageFacts[]) {
    for (const { name, group, version, types } of packages) {
      this.#packageNames.set(`${group}/${version}`, name);
      for (const [type, facts] of Object.entries(types)) this.#facts.set(type, facts);
    }
  }

  /** A struct by its full name, if that is not what it is already. Throws for a name that no table holds: a mistake in a declaration, not in a request. */
  struct(name: string | StructNode): StructNode {
    if (typeof name !== 'string') return name;
    const known = this.#structs.get(name);
    if (known !== undefined) return known;
    const facts = this.#facts.get(name);
    if (facts === undefined || facts.list) throw new Error(`no struct ${name} in the schema`);
    const struct = new LazyStruct(this, name, facts);
    this.#structs.set(name, struct);
    return struct;
  }

  /** The type of a body by what it says of itself. Options, Status and the like exist in every group version. */
  document(gvk: { group: string; version: string; kind: string }): StructNode | undefined {
    const home = this.#packageNames.get(`${gvk.group}/${gvk.version}`);
    for (const name of [home, META]) {
      const full = `${name}.${gvk.kind}`;
      if (name !== undefined && this.#facts.get(full)?.document) return this.struct(full);
    }
    return undefined;
  }

  /** Whether a document of this kind has its fields in protobuf too. */
  hasWireForm(gvk: { group: string; version: string; kind: string }): boolean {
    const key = `${gvk.group}/${gvk.version}/${gvk.kind}`;
    const known = this.#wireForms.get(key);
    if (known !== undefined) return known;
    const node = this.document(gvk);
    // Names of kinds come from the registry or from answers of our own: there is no end of others that could fill the map.
    if (node === undefined) return false;
    const written = new Set(
      node.wire.flatMap((wire) => (wire !== undefined && 'field' in wire ? [wire.field.name] : [])),
    );
    const names = [...node.fields.keys()].filter((name) => name !== 'apiVersion' && name !== 'kind');
    const has = names.every((name) => written.has(name)) && written.size > 0;
    this.#wireForms.set(key, has);
    return has;
  }

  /** @internal */
  nodeOf(facts: FieldFacts): SchemaNode {
    const element = this.#elementOf(facts);
    const goType = facts.goType ?? defaultGoType(facts);
    if (facts.map) return { kind: 'map', element, mapType: facts.mapType ?? 'granular', goType };
    if (!facts.list) return element;
    return { kind: 'list', element, listType: facts.listType ?? 'atomic', keys: facts.listMapKeys ?? [], goType };
  }

  #elementOf(facts: FieldFacts): SchemaNode {
    const { type, goType } = facts;
    if (scalars.has(type)) {
      const isNamed = goType !== undefined && facts.list === undefined && facts.map === undefined;
      return this.#scalar(type as ScalarType, isNamed ? goType : goElementType(type));
    }
    const target = this.#facts.get(type);
    if (target?.list) return this.#wrappedList(type, target);
    const struct = this.struct(type);
    return facts.structType === undefined ? struct : new Owned(struct, facts.structType);
  }

  #scalar(scalar: ScalarType, goType: string): ScalarNode {
    const key = `${scalar} ${goType}`;
    const node = this.#scalars.get(key) ?? { kind: 'scalar', scalar, goType };
    this.#scalars.set(key, node);
    return node;
  }

  #wrappedList(type: string, { fields: [items] }: TypeFacts): ListNode {
    const list = this.nodeOf(items as FieldFacts) as ListNode;
    return { ...list, goType: goElementType(type), wrapped: true };
  }
}

/** Links its fields when they are first asked for, because types refer to themselves. */
class LazyStruct implements StructNode {
  readonly kind = 'struct';
  readonly name: string;
  readonly goType: string;
  readonly structType: StructType;
  readonly document: boolean;
  readonly #set: SchemaSet;
  readonly #facts: TypeFacts;
  #linked: Pick<StructNode, 'fields' | 'always' | 'wire'> | undefined;

  constructor(set: SchemaSet, name: string, facts: TypeFacts) {
    this.#set = set;
    this.#facts = facts;
    this.name = name;
    this.goType = goElementType(name);
    this.structType = facts.structType ?? 'granular';
    this.document = facts.document ?? false;
  }

  get fields(): ReadonlyMap<string, Field> {
    return this.#link().fields;
  }

  get always(): readonly Field[] {
    return this.#link().always;
  }

  get wire(): readonly (WireField | undefined)[] {
    return this.#link().wire;
  }

  #link(): Pick<StructNode, 'fields' | 'always' | 'wire'> {
    this.#linked ??= link(this.#set, this.#facts);
    return this.#linked;
  }
}

function link(set: SchemaSet, facts: TypeFacts): Pick<StructNode, 'fields' | 'always' | 'wire'> {
  const fields = new Map<string, Field>();
  const wire: (WireField | undefined)[] = [];
  if (facts.document) {
    for (const name of ['kind', 'apiVersion']) {
      fields.set(name, fieldOf(set, { name, type: 'string', omitempty: true }));
    }
  }
  for (const field of facts.fields) {
    const made = field.inline ? { inline: set.struct(field.type) } : { field: fieldOf(set, field) };
    if (field.number !== undefined) wire[field.number] = made;
    const found = 'field' in made ? [made.field] : made.inline.fields.values();
    for (const one of found) fields.set(one.name, one);
  }
  return { fields, wire, always: [...fields.values()].filter((field) => isAlwaysWritten(field)) };
}

function fieldOf(set: SchemaSet, facts: FieldFacts): Field {
  const node = set.nodeOf(facts);
  const pointer = facts.pointer ?? false;
  return {
    name: facts.name,
    node,
    pointer,
    dropsEmpty: facts.omitempty === true && !pointer && !isGoStruct(node),
    required: facts.required ?? false,
    patchStrategy: facts.patchStrategy,
    patchMergeKey: facts.patchMergeKey,
    enum: facts.enum,
    default: facts.default,
  };
}

/** Go's omitempty has no effect on structs, and these scalars are structs in Go. Times that are zero are null, which is absence. */
const structScalars: ReadonlySet<ScalarType> = new Set(['Quantity', 'IntOrString', 'Time', 'MicroTime', 'Duration']);

function isGoStruct(node: SchemaNode): boolean {
  return node.kind === 'struct' || (node.kind === 'scalar' && structScalars.has(node.scalar));
}

/** Nil lists and maps are written as null, which is absence too. */
function isAlwaysWritten({ node, pointer, dropsEmpty }: Field): boolean {
  if (pointer || dropsEmpty || node.kind === 'list' || node.kind === 'map') return false;
  return node.kind === 'struct' || zeroOf(node.scalar) !== undefined;
}

/** A struct whose field says who owns its parts, whatever the type says. */
class Owned implements StructNode {
  readonly kind = 'struct';
  readonly structType: StructType;
  readonly #struct: StructNode;

  constructor(struct: StructNode, structType: StructType) {
    this.#struct = struct;
    this.structType = structType;
  }

  get name(): string {
    return this.#struct.name;
  }

  get goType(): string {
    return this.#struct.goType;
  }

  get document(): boolean {
    return this.#struct.document;
  }

  get fields(): ReadonlyMap<string, Field> {
    return this.#struct.fields;
  }

  get always(): readonly Field[] {
    return this.#struct.always;
  }

  get wire(): readonly (WireField | undefined)[] {
    return this.#struct.wire;
  }
}

/** The types of Kubernetes' own API. */
export const builtinSchema = new SchemaSet([...builtinPackages, metricsPackage, apiextensionsV1, apiregistrationV1]);

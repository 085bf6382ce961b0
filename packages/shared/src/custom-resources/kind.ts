import { type CelType, schemaType } from '../cel/index.ts';
import type { FieldError } from '../errors/index.ts';
import { equal } from '../object/equal.ts';
import { apiVersionOf, type KubeObject, parseApiVersion } from '../object/index.ts';
import type { FieldOf, KindDeclaration, ServedVersion, Strategy, Verb } from '../registry/contract.ts';
import { field } from '../registry/field.ts';
import { newFinalizerWarnings } from '../registry/metadata.ts';
import { cloneJson, type JsonObject } from '../schema/data.ts';
import { builtinSchema } from '../schema/schema-set.ts';
import { celType } from './cel-type.ts';
import { columnsOf } from './cells.ts';
import { needsDefaults, setDefaults } from './defaults.ts';
import type { CustomResourceDefinition, DefinitionVersion } from './definition.ts';
import { rootNode } from './node.ts';
import { RuleSet } from './rules.ts';
import { type Structural, structuralOf } from './structural.ts';
import { subresourcesOf, valueAt } from './subresources.ts';
import { SchemaValidator } from './validator.ts';

/** Asks whoever converts objects of a definition; see ServedVersion. */
export type Converter = NonNullable<ServedVersion['convert']>;

/** The kind that a definition describes, in the form in which built-in kinds are declared. `convert`: for definitions whose versions a webhook converts. */
export function customKind(definition: CustomResourceDefinition, convert?: Converter): KindDeclaration {
  const { spec, status, metadata } = definition;
  const names = { ...spec.names, ...acceptedOf(status?.acceptedNames) };
  const versions = [...spec.versions]
    .sort((a, b) => Number(b.storage) - Number(a.storage))
    .map((version) => new CustomVersion(definition, version, convert));
  const [stored] = versions as [CustomVersion, ...CustomVersion[]];
  const byName = new Map(versions.map((version) => [version.version, version]));
  return {
    kind: names.kind,
    plural: spec.names.plural,
    singular: names.singular || names.kind.toLowerCase(),
    ...(names.shortNames?.length ? { shortNames: names.shortNames } : {}),
    ...(names.categories?.length ? { categories: names.categories } : {}),
    listKind: names.listKind || `${names.kind}List`,
    scope: spec.scope,
    versions: [stored, ...versions.slice(1)],
    ...(metadata.deletionTimestamp === undefined ? {} : { verbs: verbsOnTheWayOut }),
    strategy: strategyOf(stored, byName),
  };
}

/** Nothing is made of a kind that is about to end. */
const verbsOnTheWayOut: readonly Verb[] = ['delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

function acceptedOf(accepted: CustomResourceDefinition['spec']['names'] | undefined) {
  return accepted?.kind ? accepted : {};
}

/** Beyond rules of the schema itself, which see the name alone. */
const objectMeta = (): CelType => schemaType(builtinSchema.struct('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'));

/** Rules are for values of the types and bounds that they were compiled for. */
const blocksRules: ReadonlySet<FieldError['type']> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);
const rulesNotChecked = field.invalid(
  '<nil>',
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
);

/** One version of a custom resource. */
class CustomVersion implements ServedVersion {
  readonly group: string;
  readonly version: string;
  readonly schema: ReturnType<typeof rootNode>;
  readonly hidden: boolean;
  readonly deprecated?: string;
  readonly table: NonNullable<ServedVersion['table']>;
  readonly fields: Readonly<Record<string, FieldOf<KubeObject>>>;
  readonly subresources: NonNullable<ServedVersion['subresources']>;
  readonly hasStatus: boolean;
  readonly convert?: Converter;
  readonly sameForm: boolean;
  readonly #structural: Structural;
  #validator: SchemaValidator | undefined;
  #rules: RuleSet | undefined;

  constructor({ spec }: CustomResourceDefinition, version: DefinitionVersion, convert?: Converter) {
    if (convert !== undefined) this.convert = convert;
    this.sameForm = convert === undefined;
    const { group, names } = spec;
    this.group = group;
    this.version = version.name;
    const props: JsonObject = version.schema?.openAPIV3Schema ?? { type: 'object' };
    this.#structural = structuralOf(props);
    const name = `${group.split('.').reverse().join('.')}.${version.name}.${names.kind}`;
    this.schema = rootNode(name, this.#structural);
    this.hidden = !version.served;
    if (version.deprecated === true) {
      this.deprecated = version.deprecationWarning ?? `${group}/${version.name} ${names.kind} is deprecated`;
    }
    this.table = columnsOf(version.additionalPrinterColumns);
    this.fields = fieldsOf(version);
    this.subresources = subresourcesOf(version, { group, version: version.name, kind: names.kind }, this.schema);
    this.hasStatus = version.subresources?.status !== undefined;
  }

  celType(): CelType | undefined {
    if (this.#structural.preservesUnknown) return undefined;
    const type = celType(this.#structural, true, this.schema.name);
    if (type?.kind !== 'object') return undefined;
    return { ...type, fields: new Map([...type.fields, ['metadata', { json: 'metadata', type: objectMeta() }]]) };
  }

  /** What came in in this version is defaulted by it. */
  toStored(object: KubeObject): KubeObject {
    this.setDefaults(object);
    return object;
  }

  /** Objects of earlier times get the defaults of today. */
  fromStored(object: KubeObject): KubeObject {
    if (!needsDefaults(object, this.#structural)) return object;
    const copy = cloneJson(object);
    this.setDefaults(copy);
    return copy;
  }

  setDefaults(object: KubeObject): void {
    setDefaults(object, this.#structural);
  }

  check(object: KubeObject, old: KubeObject | undefined): FieldError[] | Promise<FieldError[]> {
    this.#validator ??= new SchemaValidator(this.#structural);
    const [now, before] = [object as unknown as JsonObject, old as unknown as JsonObject | undefined];
    const errors = this.#validator.validate(now, before);
    this.#rules ??= new RuleSet(this.#structural);
    if (this.#rules.isEmpty) return errors;
    if (errors.some(({ type }) => blocksRules.has(type))) return [...errors, rulesNotChecked];
    const broken = this.#rules.validate(now, before);
    return broken instanceof Promise ? broken.then((later) => [...errors, ...later]) : [...errors, ...broken];
  }
}

function fieldsOf({ selectableFields }: DefinitionVersion): Readonly<Record<string, FieldOf<KubeObject>>> {
  const entries = (selectableFields ?? []).map(({ jsonPath }) => {
    const get: FieldOf<KubeObject> = (object) => {
      const value = valueAt(object, jsonPath);
      return value === undefined || value === null ? '' : String(value);
    };
    return [jsonPath.slice(1), get] as const;
  });
  return Object.fromEntries(entries);
}

function strategyOf(stored: CustomVersion, versions: ReadonlyMap<string, CustomVersion>): Strategy {
  const of = (object: KubeObject): CustomVersion => versions.get(parseApiVersion(object.apiVersion).version) ?? stored;
  return {
    hasStatus: stored.hasStatus,
    hasGeneration: true,
    // Without a status of its own, what is called status is a field like any other.
    countsForGeneration: (object, old) => !stored.hasStatus && !equal(statusOf(object), statusOf(old)),
    setDefaults: (object) => of(object).setDefaults(object),
    requireResourceVersion: true,
    takesShortFinalizers: true,
    warnings: ({ metadata }, old) => newFinalizerWarnings(metadata, old?.metadata),
    check: (object, old, served) => {
      const version = served instanceof CustomVersion && served.sameForm ? served : stored;
      return version === stored
        ? version.check(object, old)
        : version.check(as(object, version), old && as(old, version));
    },
  };
}

const statusOf = (object: KubeObject): unknown => (object as { status?: unknown }).status;

const as = (object: KubeObject, version: CustomVersion): KubeObject => ({
  ...object,
  apiVersion: apiVersionOf(version),
});

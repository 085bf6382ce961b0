import type { FieldFacts, PackageFacts, PatchStrategy, StructType, TypeFacts } from '../facts.ts';
import { type GoField, marker, markers } from './go-source.ts';
import { foreignTypes, leftOut } from './packages.ts';
import type { ProtoField } from './proto-source.ts';
import type { DeclaredType, ParsedPackage } from './read-sources.ts';
import { goTypeName, type Resolved, resolve } from './resolve.ts';

interface Context {
  packages: ReadonlyMap<string, ParsedPackage>;
  package: ParsedPackage;
  type: DeclaredType;
}

/** Facts of every package, in the order of `packages`. */
export function buildFacts(packages: ReadonlyMap<string, ParsedPackage>): PackageFacts[] {
  return [...packages.values()].map((parsed) => ({
    name: parsed.source.name,
    group: parsed.group,
    version: parsed.version,
    types: Object.fromEntries(typesOf(parsed, packages)),
  }));
}

function typesOf(parsed: ParsedPackage, packages: ReadonlyMap<string, ParsedPackage>): [string, TypeFacts][] {
  const found: [string, TypeFacts][] = [];
  for (const type of [...parsed.types.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = `${parsed.source.name}.${type.name}`;
    const path = `k8s.io/${parsed.source.folder}.${type.name}`;
    if (leftOut.has(full) || foreignTypes.has(path) || type.name === 'TypeMeta') continue;
    const facts = typeFacts({ packages, package: parsed, type });
    if (facts !== undefined) found.push([full, facts]);
  }
  return found;
}

function typeFacts(context: Context): TypeFacts | undefined {
  const { type, package: home } = context;
  if (type.fields === undefined) {
    // v1.List is declared as another struct; a slice with a message is a list; anything else has no protobuf message.
    if (!home.messages.has(type.name)) return undefined;
    if (!type.underlying.startsWith('[]')) return aliasOfStruct(context);
    const items = resolve(type.underlying.slice(2), scopeOf(context));
    return { list: true, fields: [{ name: 'items', number: 1, ...items, list: true }] };
  }
  if (!type.fields.some((field) => field.tags.has('json'))) return undefined;
  const document = type.fields.some((field) => /(^|\.)TypeMeta$/.test(field.type));
  const structType = marker(type.comment, 'structType') ?? marker(type.comment, 'mapType');
  return {
    ...(document ? { document: true } : {}),
    ...(structType === undefined ? {} : { structType: structType as StructType }),
    fields: type.fields
      .filter(({ type: name }) => !/(^|\.)TypeMeta$/.test(name))
      .map((field) => fieldFacts(field, context)),
  };
}

function aliasOfStruct(context: Context): TypeFacts | undefined {
  const { type } = resolve(context.type.underlying, scopeOf(context));
  const home = [...context.packages.values()].find(({ source }) => type.startsWith(`${source.name}.`));
  const target = home?.types.get(type.slice(type.lastIndexOf('.') + 1));
  return home === undefined || target === undefined
    ? undefined
    : typeFacts({ ...context, package: home, type: target });
}

const scopeOf = ({ packages, package: home, type }: Context) => ({ packages, package: home, imports: type.imports });

function fieldFacts(field: GoField, context: Context): FieldFacts {
  const [jsonName = '', ...options] = (field.tags.get('json') ?? '').split(',');
  const inline = options.includes('inline');
  const resolved = resolve(field.type, scopeOf(context));
  const goType = goTypeName(field.type, resolved, scopeOf(context));
  const number = protobufNumber(field);
  const facts: FieldFacts = {
    name: inline ? goNameOf(field) : jsonName,
    ...(number === undefined ? {} : { number }),
    ...resolved,
    ...(goType === undefined || inline ? {} : { goType }),
    ...(inline ? { inline: true } : {}),
    ...(options.includes('omitempty') ? { omitempty: true } : {}),
    ...(options.includes('omitzero') ? { omitzero: true } : {}),
    ...(isRequired(field, options, inline) ? { required: true } : {}),
    ...patchFacts(field),
    ...ownershipFacts(field, resolved),
    ...defaultOf(field, context),
  };
  checkAgainstProto(facts, context);
  return facts;
}

const goNameOf = (field: GoField): string => field.name || field.type.replace(/^.*[.*]/, '');

/** kube-openapi's rule: an explicit marker decides, else omitempty means optional. */
function isRequired(field: GoField, jsonOptions: readonly string[], inline: boolean): boolean {
  if (inline) return false;
  if (marker(field.comment, 'optional') !== undefined) return false;
  if (marker(field.comment, 'required') !== undefined) return true;
  return !jsonOptions.includes('omitempty');
}

function protobufNumber(field: GoField): number | undefined {
  const number = field.tags.get('protobuf')?.split(',')[1];
  return number === undefined ? undefined : Number(number);
}

function patchFacts(field: GoField): Pick<FieldFacts, 'patchStrategy' | 'patchMergeKey'> {
  const patchStrategy = field.tags.get('patchStrategy') as PatchStrategy | undefined;
  const patchMergeKey = field.tags.get('patchMergeKey');
  return {
    ...(patchStrategy === undefined ? {} : { patchStrategy }),
    ...(patchMergeKey === undefined ? {} : { patchMergeKey }),
  };
}

function ownershipFacts(field: GoField, resolved: Resolved): Partial<FieldFacts> {
  const listType = marker(field.comment, 'listType') as FieldFacts['listType'];
  const listMapKeys = markers(field.comment, 'listMapKey');
  const mapType = marker(field.comment, 'mapType') as StructType | undefined;
  const structType = marker(field.comment, 'structType') as StructType | undefined;
  return {
    ...(resolved.list === undefined || listType === undefined ? {} : { listType }),
    ...(listMapKeys.length === 0 ? {} : { listMapKeys }),
    ...(mapType === undefined ? {} : resolved.map === undefined ? { structType: mapType } : { mapType }),
    ...(structType === undefined ? {} : { structType }),
  };
}

function defaultOf(field: GoField, context: Context): { default?: unknown } {
  const text = marker(field.comment, 'default');
  if (text === undefined) return {};
  const constant = /^ref\((\w+)\)$/.exec(text)?.[1];
  if (constant === undefined) return { default: JSON.parse(text) as unknown };
  return { default: context.package.constants.find(({ name }) => name === constant)?.value };
}

/** The Go tags and the .proto file are generated from one another; where they differ, the reading is wrong. */
function checkAgainstProto(facts: FieldFacts, { package: home, type }: Context): void {
  const message = home.messages.get(type.name);
  if (message === undefined || facts.number === undefined) return;
  const field: ProtoField | undefined = message.find(({ number }) => number === facts.number);
  const isList = facts.list === true;
  if (field === undefined || field.repeated !== isList || field.map !== (facts.map === true))
    throw new Error(`${type.name}.${facts.name}: Go and protobuf differ`);
}

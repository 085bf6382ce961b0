import type { FieldFacts } from '../facts.ts';
import { defaultGoType } from '../go-types.ts';
import { marker } from './go-source.ts';
import { foreignTypes } from './packages.ts';
import type { DeclaredType, ParsedPackage } from './read-sources.ts';

/** A Go type expression as facts; `enum` when it is a closed string type. */
export type Resolved = Pick<FieldFacts, 'type' | 'list' | 'map' | 'pointer' | 'enum'>;

/**
 * A Go type as Go's messages print it, where that cannot be told from the facts: named types such as `v1.RestartPolicy`. A package's Go name is
 * its last folder.
 */
export function goTypeName(expression: string, resolved: Resolved, scope: Scope): string | undefined {
  const printed = expression
    .replace(/^\*/, '')
    .replaceAll('[]byte', '[]uint8')
    .replace(/[A-Za-z][\w.]*/g, (name) => printedName(name, scope));
  return printed === defaultGoType(resolved) ? undefined : printed;
}

function printedName(name: string, scope: Scope): string {
  if (name === 'map' || basicTypes.has(name) || name === 'uint8') return name;
  const [alias, short] = name.includes('.') ? name.split('.') : [undefined, name];
  const path = alias === undefined ? scope.package.source.folder : scope.imports.get(alias);
  return `${path?.slice(path.lastIndexOf('/') + 1)}.${short}`;
}

interface Scope {
  packages: ReadonlyMap<string, ParsedPackage>;
  package: ParsedPackage;
  imports: ReadonlyMap<string, string>;
}

const basicTypes: ReadonlyMap<string, string> = new Map([
  ['string', 'string'],
  ['bool', 'bool'],
  ['int', 'int64'],
  ['int32', 'int32'],
  ['int64', 'int64'],
  ['uint32', 'int64'],
  ['float64', 'double'],
  ['[]byte', 'bytes'],
  ['interface{}', 'Any'],
]);

/** Resolves aliases and named types down to scalars and structs. Throws on an expression that has no form in JSON. */
export function resolve(expression: string, scope: Scope): Resolved {
  const basic = basicTypes.get(expression);
  if (basic !== undefined) return { type: basic };
  if (expression.startsWith('*')) return { ...resolve(expression.slice(1), scope), pointer: true };
  if (expression.startsWith('[]')) return container(resolve(expression.slice(2), scope), 'list');
  const map = /^map\[[\w.]+\](.+)$/.exec(expression);
  if (map?.[1] !== undefined) return container(resolve(map[1], scope), 'map');
  return resolveNamed(expression, scope);
}

function container(element: Resolved, shape: 'list' | 'map'): Resolved {
  if (element.list !== undefined || element.map !== undefined) throw new Error(`a ${shape} of lists or maps`);
  const { pointer: _, ...rest } = element;
  return { ...rest, [shape]: true };
}

function resolveNamed(expression: string, scope: Scope): Resolved {
  const [name, alias] = expression.split('.').reverse() as [string, string?];
  const path = alias === undefined ? `k8s.io/${scope.package.source.folder}` : scope.imports.get(alias);
  const foreign = foreignTypes.get(`${path}.${name}`);
  if (foreign !== undefined) return { type: foreign };
  const home = scope.packages.get(path ?? '');
  const declared = home?.types.get(name);
  if (home === undefined || declared === undefined) throw new Error(`unknown Go type ${expression}`);
  const full = `${home.source.name}.${name}`;
  if (declared.fields !== undefined) return { type: full };
  // A slice with a protobuf message of its own stays a type.
  if (home.messages.has(name)) return { type: full };
  const resolved = resolve(declared.underlying, { packages: scope.packages, package: home, imports: declared.imports });
  const values = enumValues(declared, home);
  return values === undefined ? resolved : { ...resolved, enum: values };
}

function enumValues(type: DeclaredType, home: ParsedPackage): string[] | undefined {
  if (marker(type.comment, 'enum') === undefined) return undefined;
  const named = type.underlying === 'string' ? type.name : type.underlying;
  const values = home.constants.filter((constant) => constant.type === named).map(({ value }) => value);
  return [...new Set(values)].sort();
}

import type { FieldFacts, PackageFacts, TypeFacts } from '../facts.ts';

const header = `// Generated from the Kubernetes API sources by \`npm run generate:schema\`. Do not edit.

import type { KubeObject, ManagedFieldsEntry, ObjectMeta, OwnerReference } from '../../object/index.ts';

export type { ManagedFieldsEntry, ObjectMeta, OwnerReference };

/** RFC 3339. */
export type Time = string;
/** RFC 3339 with microseconds. */
export type MicroTime = string;
/** Fixed-point number with a suffix: '100m', '1Gi'. */
export type Quantity = string | number;
export type IntOrString = number | string;
`;

/** Declared by hand in the object model, or (Status and its parts) in the error catalogue. */
const byHand: ReadonlySet<string> = new Set(
  ['ObjectMeta', 'OwnerReference', 'ManagedFieldsEntry'].map((name) => `io.k8s.apimachinery.pkg.apis.meta.v1.${name}`),
);

const scalars: ReadonlyMap<string, string> = new Map([
  ['string', 'string'],
  ['bool', 'boolean'],
  ['int32', 'number'],
  ['int64', 'number'],
  ['double', 'number'],
  ['bytes', 'string'],
  ['Time', 'Time'],
  ['MicroTime', 'MicroTime'],
  ['Duration', 'string'],
  ['Quantity', 'Quantity'],
  ['IntOrString', 'IntOrString'],
  ['RawExtension', 'unknown'],
  ['FieldsV1', 'Record<string, unknown>'],
  ['Any', 'unknown'],
]);

/** One interface per type, by its short Kubernetes name. */
export function emitTypes(packages: readonly PackageFacts[]): string {
  const emitter = new TypeEmitter(packages);
  return header + emitter.emit();
}

class TypeEmitter {
  readonly #packages: readonly PackageFacts[];
  readonly #types = new Map<string, TypeFacts>();
  readonly #names: ReadonlyMap<string, string>;

  constructor(packages: readonly PackageFacts[]) {
    this.#packages = packages;
    for (const { types } of packages) for (const [name, facts] of Object.entries(types)) this.#types.set(name, facts);
    this.#names = shortNames(packages);
  }

  emit(): string {
    const parts: string[] = [];
    for (const facts of this.#packages) {
      parts.push(`\n// ${facts.group === '' ? 'core' : facts.group}/${facts.version}`);
      for (const [name, type] of Object.entries(facts.types))
        if (!byHand.has(name)) parts.push(this.#emitType(name, type));
    }
    return `${parts.join('\n')}\n`;
  }

  #emitType(name: string, type: TypeFacts): string {
    const short = this.#names.get(name);
    const [first] = type.fields;
    if (type.list && first !== undefined) return `\nexport type ${short} = ${this.#typeOf(first)};`;
    const isObject = this.#flatten(type).some(
      (field) => field.name === 'metadata' && field.type.endsWith('.ObjectMeta'),
    );
    const fields = this.#flatten(type)
      .filter((field) => !(type.document && isObject && field.name === 'metadata'))
      .map((field) => `  ${propertyName(field.name)}${field.required ? '' : '?'}: ${this.#typeOf(field)};`);
    if (type.document && !isObject) fields.unshift('  apiVersion?: string;', '  kind?: string;');
    const base = type.document && isObject ? ' extends KubeObject' : '';
    return `\nexport interface ${short}${base} {${fields.length === 0 ? '' : `\n${fields.join('\n')}\n`}}`;
  }

  #flatten(type: TypeFacts): FieldFacts[] {
    return type.fields.flatMap((field) => {
      if (!field.inline) return [field];
      const inlined = this.#types.get(field.type);
      if (inlined === undefined) throw new Error(`inlined ${field.type} is unknown`);
      return this.#flatten(inlined);
    });
  }

  #typeOf(field: FieldFacts): string {
    const element = scalars.get(field.type) ?? this.#nameOf(field.type);
    if (element === undefined) throw new Error(`no TypeScript name for ${field.type}`);
    if (field.map) return `Record<string, ${element}>`;
    return field.list ? `${element.includes(' ') ? `(${element})` : element}[]` : element;
  }

  /** A template's metadata needs no name. */
  #nameOf(type: string): string | undefined {
    const name = this.#names.get(type);
    return name === 'ObjectMeta' ? 'Partial<ObjectMeta>' : name;
  }
}

/** Documents claim their names first, then packages in order; whoever comes late is prefixed by its group, then by its version too. */
function shortNames(packages: readonly PackageFacts[]): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>(scalars.values());
  const claim = (wanted: boolean): void => {
    for (const facts of packages) {
      for (const [full, { document }] of Object.entries(facts.types)) {
        if ((document === true) !== wanted) continue;
        const name = candidates(full, facts).find((candidate) => !taken.has(candidate));
        if (name === undefined) throw new Error(`no free name for ${full}`);
        taken.add(name);
        names.set(full, name);
      }
    }
  };
  claim(true);
  claim(false);
  return names;
}

function candidates(full: string, { name: packageName, version }: PackageFacts): string[] {
  const short = full.slice(packageName.length + 1);
  const group = packageName.split('.').at(-2) as string;
  const prefix = group.charAt(0).toUpperCase() + group.slice(1);
  return [short, `${prefix}${short}`, `${prefix}${version.toUpperCase()}${short}`];
}

const propertyName = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`);

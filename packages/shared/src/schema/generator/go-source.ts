/** Reads what the generator needs out of Go type declarations that are formatted by gofmt: not a Go parser. */

export interface GoFile {
  /** Alias in this file -> import path. */
  imports: ReadonlyMap<string, string>;
  types: readonly GoType[];
  /** Constants with literal values. */
  constants: readonly GoConstant[];
}

export interface GoType {
  name: string;
  comment: readonly string[];
  /** Of a struct; else undefined. */
  fields: readonly GoField[] | undefined;
  /** What a type that is no struct is made of: 'string', 'map[ResourceName]resource.Quantity'. */
  underlying: string;
}

export interface GoField {
  /** '' when embedded. */
  name: string;
  type: string;
  comment: readonly string[];
  tags: ReadonlyMap<string, string>;
}

export interface GoConstant {
  name: string;
  /** '' when none is written. */
  type: string;
  value: string;
}

export function parseGo(text: string): GoFile {
  const lines = text.replace(/^\s*\/\*[\s\S]*?\*\/$/gm, '').split('\n');
  return { imports: parseImports(lines), types: parseTypes(lines), constants: parseConstants(lines) };
}

function parseImports(lines: readonly string[]): Map<string, string> {
  const imports = new Map<string, string>();
  for (const line of lines) {
    const match = /^(?:import )?\s*(\w+)?\s*"((?:k8s\.io|time)[^"]*)"$/.exec(line);
    if (match?.[2] !== undefined) imports.set(match[1] ?? lastSegment(match[2]), match[2]);
    if (line.startsWith('type ')) break;
  }
  return imports;
}

const lastSegment = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function parseTypes(lines: readonly string[]): GoType[] {
  const types: GoType[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] as string;
    const match = /^type (\w+) (?:= )?(.+?)(?: \{)?$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    const isStruct = match[2] === 'struct';
    types.push({
      name: match[1],
      comment: commentAbove(lines, i),
      fields: isStruct ? parseFields(lines, i + 1) : undefined,
      underlying: isStruct ? '' : match[2],
    });
  }
  return types;
}

/**
 * The comment that ends above a line. A block before it that is set off by one empty line counts too: markers for tools stand there, apart from the
 * documentation.
 */
function commentAbove(lines: readonly string[], index: number): string[] {
  const comment: string[] = [];
  let blank = false;
  for (let i = index - 1; i >= 0; i -= 1) {
    const line = (lines[i] as string).trim();
    if (line.startsWith('//')) comment.unshift(line.slice(2).trim());
    else if (line === '' && !blank) blank = true;
    else break;
  }
  return comment;
}

function parseFields(lines: readonly string[], start: number): GoField[] {
  const fields: GoField[] = [];
  let comment: string[] = [];
  for (let i = start; lines[i] !== '}'; i += 1) {
    const line = lines[i]?.trim();
    if (line === undefined) throw new Error('a struct that does not end');
    if (line === '') comment = [];
    else if (line.startsWith('//')) comment.push(line.slice(2).trim());
    else {
      fields.push({ ...parseField(line), comment });
      comment = [];
    }
  }
  return fields;
}

function parseField(line: string): Omit<GoField, 'comment'> {
  const match = /^(?:(\w+)\s+)?([\w.*[\]{}]+)(?:\s+`([^`]*)`)?(?:\s*\/\/.*)?$/.exec(line);
  if (match?.[2] === undefined) throw new Error(`not read as a Go field: ${line}`);
  const tags = new Map<string, string>();
  for (const tag of (match[3] ?? '').matchAll(/(\w+):"([^"]*)"/g)) tags.set(tag[1] as string, tag[2] as string);
  return { name: match[1] ?? '', type: match[2], tags };
}

function parseConstants(lines: readonly string[]): GoConstant[] {
  const constants: GoConstant[] = [];
  let block = false;
  for (const line of lines) {
    if (line === 'const (') block = true;
    else if (line === ')') block = false;
    const match = (block ? /^\t(\w+)(?:\s+([\w.]+))?\s*=\s*"([^"]*)"/ : /^const (\w+)(?: ([\w.]+))? = "([^"]*)"/).exec(
      line,
    );
    if (match?.[1] !== undefined) constants.push({ name: match[1], type: match[2] ?? '', value: match[3] ?? '' });
  }
  return constants;
}

/** The values of `+name=value` markers in a comment; '' for a bare `+name`. */
export function markers(comment: readonly string[], name: string): string[] {
  return comment
    .filter((line) => line === `+${name}` || line.startsWith(`+${name}=`))
    .map((line) => line.slice(name.length + 2).trim());
}

export const marker = (comment: readonly string[], name: string): string | undefined => markers(comment, name)[0];

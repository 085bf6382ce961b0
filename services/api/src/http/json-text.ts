import { StatusError } from '@kubus/shared/errors';
import { syntaxErrorOf } from './json-syntax.ts';

/** Deeper nesting is refused before it is parsed: no kind comes near it, and walkers of the tree recurse. */
const MAX_NESTING = 256;

export interface ParsedText {
  value: unknown;
  /** `duplicate field "a.b"` for each key that stands twice in one object (the last one counts, as in Go). */
  strictErrors: string[];
}

/** Thrown for a text that is not what it should be: JSON or YAML. */
export class UnreadableText extends Error {
  override readonly name = 'UnreadableText';
}

/** Parses JSON, watching what JSON.parse passes over: nesting and duplicate keys. Throws UnreadableText, and BadRequest where it is nested too deep. */
export function parseJson(text: string): ParsedText {
  const keys = scan(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UnreadableText(syntaxErrorOf(text), { cause: error });
  }
  return { value, strictErrors: countKeys(value) === keys ? [] : duplicates(text) };
}

const QUOTE = 34;
const COLON = 58;
const BACKSLASH = 92;

/** Counts the object keys in a text and checks its nesting, without building anything. */
function scan(text: string): number {
  let keys = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i);
      if (text.charCodeAt(skipSpace(text, i + 1)) === COLON) keys += 1;
    } else if (code === 123 || code === 91) {
      depth += 1;
      if (depth > MAX_NESTING) throw tooDeep();
    } else if (code === 125 || code === 93) depth -= 1;
  }
  return keys;
}

/** Index of the closing quote of the string that opens at `start`; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - escapes - 1) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

function skipSpace(text: string, start: number): number {
  let i = start;
  while (i < text.length && ' \n\r\t'.includes(text.charAt(i))) i += 1;
  return i;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let keys = 0;
  if (Array.isArray(value)) {
    for (const element of value) if (typeof element === 'object') keys += countKeys(element);
    return keys;
  }
  // Made by JSON.parse, it inherits nothing that would be counted.
  for (const key in value) {
    const child = (value as Record<string, unknown>)[key];
    keys += typeof child === 'object' ? 1 + countKeys(child) : 1;
  }
  return keys;
}

interface Frame {
  keys: Set<string> | undefined;
  path: string;
  index: number;
}

/** Names the duplicates of a text that is known to be valid JSON and to have some. */
function duplicates(text: string): string[] {
  const found = new Set<string>();
  const stack: Frame[] = [];
  let next = '';
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charAt(i);
    const top = stack.at(-1);
    if (char === '"') {
      const end = endOfString(text, i);
      if (text.charCodeAt(skipSpace(text, end + 1)) === COLON && top?.keys !== undefined) {
        const key = JSON.parse(text.slice(i, end + 1)) as string;
        next = top.path === '' ? key : `${top.path}.${key}`;
        if (top.keys.has(key)) found.add(`duplicate field "${next}"`);
        top.keys.add(key);
      }
      i = end;
    } else if (char === '{' || char === '[') {
      const path = top !== undefined && top.keys === undefined ? `${top.path}[${top.index}]` : next;
      stack.push({ keys: char === '{' ? new Set() : undefined, path, index: 0 });
    } else if (char === '}' || char === ']') stack.pop();
    else if (char === ',' && top !== undefined) top.index += 1;
  }
  return [...found];
}

/** For values that did not come from JSON text. */
export function assertNesting(value: unknown, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_NESTING) throw tooDeep();
  for (const child of Object.values(value)) assertNesting(child, depth + 1);
}

function tooDeep(): StatusError {
  return new StatusError('BadRequest', `the body of the request is nested deeper than ${MAX_NESTING} levels`);
}

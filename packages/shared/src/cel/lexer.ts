import type { Literal } from './ast.ts';

export type Token =
  | { type: 'ident'; text: string; at: number }
  | { type: 'literal'; value: Literal; text: string; at: number }
  | { type: 'punctuation'; text: string; at: number }
  | { type: 'end'; text: '<EOF>'; at: number };

export class SyntaxIssue {
  readonly at: number;
  readonly message: string;

  constructor(at: number, message: string) {
    this.at = at;
    this.message = `Syntax error: ${message}`;
  }
}

const skipped = /(?:[ \t\r\n\f]+|\/\/[^\n]*)+/y;
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y;
const number =
  /(?:0x[0-9a-fA-F]+|\d+)u|0x[0-9a-fA-F]+|(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)|\d+/iy;
const stringStart = /([rR]?[bB]?|[bB][rR])("""|'''|"|')/y;
const punctuation = /==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()[\]{}]/y;

/** Throws SyntaxIssue. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(source);
  };
  for (;;) {
    at += take(skipped)?.[0].length ?? 0;
    if (at >= source.length) break;
    const quote = take(stringStart);
    const found =
      quote !== null ? readString(source, at, quote) : (word(take(identifier), at) ?? readNumber(take(number), at));
    const token = found ?? mark(take(punctuation), at);
    if (token === undefined) {
      throw new SyntaxIssue(
        at,
        `token recognition error at: '${String.fromCodePoint(source.codePointAt(at) as number)}'`,
      );
    }
    tokens.push(token.token);
    at = token.end;
  }
  tokens.push({ type: 'end', text: '<EOF>', at: source.length });
  return tokens;
}

interface Read {
  token: Token;
  end: number;
}

const constants: ReadonlyMap<string, Literal> = new Map<string, Literal>([
  ['true', { kind: 'bool', value: true }],
  ['false', { kind: 'bool', value: false }],
  ['null', { kind: 'null' }],
]);

function word(match: RegExpExecArray | null, at: number): Read | undefined {
  if (match === null) return undefined;
  const text = match[0];
  const end = at + text.length;
  const value = constants.get(text);
  if (value !== undefined) return { token: { type: 'literal', value, text, at }, end };
  return { token: text === 'in' ? { type: 'punctuation', text, at } : { type: 'ident', text, at }, end };
}

function mark(match: RegExpExecArray | null, at: number): Read | undefined {
  return match === null ? undefined : { token: { type: 'punctuation', text: match[0], at }, end: at + match[0].length };
}

function readNumber(match: RegExpExecArray | null, at: number): Read | undefined {
  if (match === null) return undefined;
  const text = match[0];
  return { token: { type: 'literal', value: numberOf(text, at), text, at }, end: at + text.length };
}

/** The sign is an operator, so the least int is read as what its negation is. */
const maxInt = 1n << 63n;

function numberOf(text: string, at: number): Literal {
  if (/u$/i.test(text)) {
    const value = BigInt(text.slice(0, -1));
    if (value >= 1n << 64n) throw new SyntaxIssue(at, 'invalid uint literal');
    return { kind: 'uint', value };
  }
  if (!/^0x/i.test(text) && /[.e]/i.test(text)) return { kind: 'double', value: Number(text) };
  const value = BigInt(text);
  if (value > maxInt) throw new SyntaxIssue(at, 'invalid int literal');
  return { kind: 'int', value };
}

function readString(source: string, at: number, start: RegExpExecArray): Read {
  const prefix = (start[1] as string).toLowerCase();
  const quote = start[2] as string;
  const bodyAt = at + start[0].length;
  const raw = prefix.includes('r');
  let end = bodyAt;
  while (!source.startsWith(quote, end)) {
    const newline = quote.length === 1 && (source[end] === '\n' || source[end] === '\r');
    if (end >= source.length || newline)
      throw new SyntaxIssue(at, `token recognition error at: '${source.slice(at, end)}'`);
    end += source[end] === '\\' && !raw ? 2 : 1;
  }
  const body = source.slice(bodyAt, end);
  const bytes = prefix.includes('b');
  const value: Literal = bytes
    ? { kind: 'bytes', value: unescapeBytes(body, raw, at) }
    : { kind: 'string', value: raw ? body : unescapeText(body, at) };
  end += quote.length;
  return { token: { type: 'literal', value, text: source.slice(at, end), at }, end };
}

const escapes = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[xX]([0-9a-fA-F]{2})|([0-3][0-7]{2})|([\s\S]?))/g;
const plainEscapes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: '\x07',
    b: '\b',
    f: '\f',
    n: '\n',
    r: '\r',
    t: '\t',
    v: '\v',
    '\\': '\\',
    '?': '?',
    '"': '"',
    "'": "'",
    '`': '`',
  }),
);

function unescapeText(body: string, at: number): string {
  return body.replace(escapes, (_, u4?: string, u8?: string, x?: string, octal?: string, plain?: string) => {
    const code = u4 ?? u8 ?? x;
    if (code !== undefined) return fromCode(Number.parseInt(code, 16), at);
    return octal === undefined ? plainEscape(plain, at) : fromCode(Number.parseInt(octal, 8), at);
  });
}

function fromCode(code: number, at: number): string {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new SyntaxIssue(at, 'invalid unicode code point');
  return String.fromCodePoint(code);
}

function plainEscape(letter: string | undefined, at: number): string {
  const text = plainEscapes.get(letter ?? '');
  if (text === undefined) throw new SyntaxIssue(at, `unable to unescape string`);
  return text;
}

function unescapeBytes(body: string, raw: boolean, at: number): Uint8Array {
  if (raw) return Buffer.from(body);
  const parts: Buffer[] = [];
  let from = 0;
  for (const match of body.matchAll(escapes)) {
    parts.push(Buffer.from(body.slice(from, match.index)));
    const [, u4, u8, x, octal, plain] = match;
    if (u4 !== undefined || u8 !== undefined) throw new SyntaxIssue(at, 'unicode escapes are not allowed in bytes');
    if (x !== undefined) parts.push(Buffer.from([Number.parseInt(x, 16)]));
    else if (octal !== undefined) parts.push(Buffer.from([Number.parseInt(octal, 8)]));
    else parts.push(Buffer.from(plainEscape(plain, at)));
    from = (match.index ?? 0) + match[0].length;
  }
  parts.push(Buffer.from(body.slice(from)));
  return Buffer.concat(parts);
}

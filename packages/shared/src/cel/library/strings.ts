import { CelError } from '../errors.ts';
import { fn, type Overload } from '../function.ts';
import { ArrayList, type CelList, textSize } from '../values.ts';
import { format } from './format.ts';

/** Characters are code points; only text with surrogates is taken apart. */
function characters(text: string): ArrayLike<string> {
  return textSize(text) === text.length ? text : Array.from(text);
}

function slice(text: string, from: bigint, to?: bigint): string {
  const all = characters(text);
  const end = to ?? BigInt(all.length);
  if (from < 0 || from > all.length || end < 0 || end > all.length)
    throw new CelError(`index out of range: ${from < 0 || from > all.length ? from : end}`);
  if (from > end) throw new CelError(`invalid substring range. start: ${from}, end: ${end}`);
  return typeof all === 'string'
    ? all.slice(Number(from), Number(end))
    : (all as string[]).slice(Number(from), Number(end)).join('');
}

function charAt(text: string, at: bigint): string {
  const all = characters(text);
  if (at < 0 || at > all.length) throw new CelError(`index out of range: ${at}`);
  return all[Number(at)] ?? '';
}

/** Index in code points of a place in UTF-16. */
const codePointIndex = (text: string, at: number): bigint => BigInt(at < 0 ? -1 : textSize(text.slice(0, at)));
/** The other way. */
const unitIndex = (text: string, at: bigint): number => slice(text, 0n, at).length;

function indexOf(text: string, part: string, from = 0n): bigint {
  return codePointIndex(text, text.indexOf(part, unitIndex(text, from)));
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  return codePointIndex(
    text,
    from === undefined ? text.lastIndexOf(part) : text.lastIndexOf(part, unitIndex(text, from)),
  );
}

/** A negative limit stands for none. */
function replace(text: string, part: string, by: string, limit = -1n): string {
  if (limit < 0) return text.replaceAll(part, () => by);
  let rest = text;
  let done = '';
  for (let n = 0n; n < limit; n++) {
    const at = rest.indexOf(part);
    if (at < 0) break;
    const taken = part === '' ? at + Math.min(1, rest.length) : at;
    done += part === '' ? by + rest.slice(0, taken) : rest.slice(0, at) + by;
    rest = rest.slice(part === '' ? taken : at + part.length);
    if (part === '' && rest === '') return n + 1n < limit ? done + by : done;
  }
  return done + rest;
}

function split(text: string, separator: string, limit = -1n): ArrayList {
  if (limit === 0n) return new ArrayList([]);
  const parts = separator === '' ? Array.from(text) : text.split(separator);
  if (limit < 0 || parts.length <= limit) return new ArrayList(parts);
  const most = Number(limit);
  return new ArrayList([...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)]);
}

function join(list: CelList, separator = ''): string {
  const parts = [...list];
  if (!parts.every((part) => typeof part === 'string')) throw new CelError('no such overload');
  return parts.join(separator);
}

/** Unicode's white space; JavaScript's has the byte order mark too. */
const blank = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

function trim(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && blank.test(text.charAt(from))) from++;
  while (to > from && blank.test(text.charAt(to - 1))) to--;
  return text.slice(from, to);
}

const lower = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase());
const upper = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase());
const quotes: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '\x07': '\\a',
    '\b': '\\b',
    '\f': '\\f',
    '\n': '\\n',
    '\r': '\\r',
    '\t': '\\t',
    '\v': '\\v',
    '\\': '\\\\',
    '"': '\\"',
  }),
);

const asText = { resultSize: (size: number) => size };
const asInt = { resultSize: () => 1 };
/** The result can hold the replacement at each character. */
const replaced = {
  cost: (text: number, _: number, by: number) => (text + text * by) / 10,
  resultSize: (text: number, _: number, by: number) => text + (text + 1) * by,
};

/** cel-go's string extensions. */
export const strings: readonly Overload[] = [
  fn('string.charAt(int): string', (_, text: string, at: bigint) => charAt(text, at), { resultSize: () => 1 }),
  fn('string.indexOf(string): int', (_, text: string, part: string) => indexOf(text, part), asInt),
  fn(
    'string.indexOf(string, int): int',
    (_, text: string, part: string, from: bigint) => indexOf(text, part, from),
    asInt,
  ),
  fn('string.lastIndexOf(string): int', (_, text: string, part: string) => lastIndexOf(text, part), asInt),
  fn(
    'string.lastIndexOf(string, int): int',
    (_, text: string, part: string, from: bigint) => lastIndexOf(text, part, from),
    asInt,
  ),
  fn('string.lowerAscii(): string', (_, text: string) => lower(text), asText),
  fn('string.upperAscii(): string', (_, text: string) => upper(text), asText),
  fn('string.trim(): string', (_, text: string) => trim(text), asText),
  fn('string.reverse(): string', (_, text: string) => Array.from(text).reverse().join(''), asText),
  fn(
    'string.replace(string, string): string',
    (_, text: string, part: string, by: string) => replace(text, part, by),
    replaced,
  ),
  fn(
    'string.replace(string, string, int): string',
    (_, text: string, part: string, by: string, limit: bigint) => replace(text, part, by, limit),
    replaced,
  ),
  fn('string.split(string): list(string)', (_, text: string, separator: string) => split(text, separator), asText),
  fn(
    'string.split(string, int): list(string)',
    (_, text: string, separator: string, limit: bigint) => split(text, separator, limit),
    asText,
  ),
  fn('string.substring(int): string', (_, text: string, from: bigint) => slice(text, from), asText),
  fn(
    'string.substring(int, int): string',
    (_, text: string, from: bigint, to: bigint) => slice(text, from, to),
    asText,
  ),
  fn('list(string).join(): string', ({ charge }, list: CelList) => charged(charge, join(list))),
  fn(
    'list(string).join(string): string',
    ({ charge }, list: CelList, separator: string) => charged(charge, join(list, separator)),
    {
      cost: (list, separator) => list * (1 + separator / 10),
      resultSize: (list, separator) => list * (1 + separator) * 10,
    },
  ),
  fn(
    'strings::quote(string): string',
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is quoted
    (_, text: string) => `"${text.replace(/[\x07\b\f\n\r\t\v\\"]/g, (one) => quotes.get(one) ?? one)}"`,
    { resultSize: (size) => size * 2 + 2 },
  ),
  fn(
    'string.format(list(dyn)): string',
    ({ charge }, text: string, args: CelList) => charged(charge, format(text, args, charge)),
    {
      cost: (text, args) => text / 10 + args * 2,
      resultSize: (text, args) => text + args * 1000,
    },
  ),
];

/** Text whose size is known only when it is there. */
function charged(charge: (units: number) => void, text: string): string {
  charge(text.length / 10);
  return text;
}

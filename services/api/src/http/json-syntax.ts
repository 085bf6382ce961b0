/**
 * Where a text stops being JSON, in the words of Go's encoding/json (scanner.go), by which clients of Kubernetes know it. For texts that are known not to be
 * JSON: of others it says 'unexpected end of JSON input'.
 */
export function syntaxErrorOf(text: string): string {
  return new Scanner(text).firstError();
}

/** What may come next. */
type Place = 'value' | 'firstElement' | 'firstKey' | 'key' | 'afterKey' | 'afterValue';

/** Why the character at hand cannot stand there. */
type Problem = string | undefined;

const isSpace = (char: string): boolean => ' \t\r\n'.includes(char);
const isDigit = (char: string): boolean => char >= '0' && char <= '9';
const isHexDigit = (char: string): boolean => /[0-9a-fA-F]/.test(char);

class Scanner {
  readonly #text: string;
  #at = 0;
  #place: Place = 'value';
  /** What is open around the current place. */
  readonly #open: ('object' | 'array')[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  firstError(): string {
    for (;;) {
      while (this.#at < this.#text.length && isSpace(this.#char)) this.#at += 1;
      if (this.#at >= this.#text.length) return 'unexpected end of JSON input';
      const problem = this.#next();
      if (problem !== undefined) return `invalid character ${quoted(this.#char)} ${problem}`;
    }
  }

  /** Where a token is cut off, Go shows its scanner one more space. */
  get #char(): string {
    return this.#text[this.#at] ?? ' ';
  }

  #next(): Problem {
    const char = this.#char;
    switch (this.#place) {
      case 'firstElement':
        return char === ']' ? this.#leave() : this.#value();
      case 'firstKey':
        return char === '}' ? this.#leave() : this.#key();
      case 'key':
        return this.#key();
      case 'afterKey':
        return char === ':' ? this.#go('value') : 'after object key';
      case 'afterValue':
        return this.#afterValue(char);
      default:
        return this.#value();
    }
  }

  #go(place: Place): undefined {
    this.#at += 1;
    this.#place = place;
  }

  #leave(): undefined {
    this.#open.pop();
    this.#go('afterValue');
  }

  #key(): Problem {
    if (this.#char !== '"') return 'looking for beginning of object key string';
    this.#place = 'afterKey';
    return this.#string();
  }

  #afterValue(char: string): Problem {
    const inside = this.#open.at(-1);
    if (inside === undefined) return 'after top-level value';
    if (char === (inside === 'object' ? '}' : ']')) return this.#leave();
    if (char === ',') return this.#go(inside === 'object' ? 'key' : 'value');
    return inside === 'object' ? 'after object key:value pair' : 'after array element';
  }

  #value(): Problem {
    const char = this.#char;
    if (char === '{' || char === '[') {
      this.#open.push(char === '{' ? 'object' : 'array');
      return this.#go(char === '{' ? 'firstKey' : 'firstElement');
    }
    this.#place = 'afterValue';
    if (char === '"') return this.#string();
    if (char === '-' || isDigit(char)) return this.#number();
    const word = ['true', 'false', 'null'].find((known) => known.startsWith(char));
    return word === undefined ? 'looking for beginning of value' : this.#literal(word);
  }

  #string(): Problem {
    const text = this.#text;
    for (this.#at += 1; this.#at < text.length; this.#at += 1) {
      const code = text.charCodeAt(this.#at);
      if (code < 0x20) return 'in string literal';
      if (code === 0x22) {
        this.#at += 1;
        return undefined;
      }
      const problem = code === 0x5c ? this.#escape() : undefined;
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #escape(): Problem {
    this.#at += 1;
    if (this.#char !== 'u') return 'bfnrt\\/"'.includes(this.#char) ? undefined : 'in string escape code';
    for (let digits = 0; digits < 4; digits += 1) {
      this.#at += 1;
      if (!isHexDigit(this.#char)) return 'in \\u hexadecimal character escape';
    }
    return undefined;
  }

  #number(): Problem {
    if (this.#char === '-') this.#at += 1;
    if (!isDigit(this.#char)) return 'in numeric literal';
    if (this.#char === '0') this.#at += 1;
    else this.#digits();
    if (this.#char === '.') {
      this.#at += 1;
      if (!this.#digits()) return 'after decimal point in numeric literal';
    }
    if (!'eE'.includes(this.#char)) return undefined;
    this.#at += 1;
    if ('+-'.includes(this.#char)) this.#at += 1;
    return this.#digits() ? undefined : 'in exponent of numeric literal';
  }

  /** False where there is none. */
  #digits(): boolean {
    const start = this.#at;
    while (isDigit(this.#char)) this.#at += 1;
    return this.#at > start;
  }

  #literal(word: string): Problem {
    for (const expected of word) {
      if (this.#char !== expected) return `in literal ${word} (expecting ${quoted(expected)})`;
      this.#at += 1;
    }
    return undefined;
  }
}

const escapes: ReadonlyMap<string, string> = new Map([
  ...Object.entries({ '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' }),
  ['\\', '\\\\'],
  ["'", "\\'"],
]);

/** The first byte of a character as Go shows it: as the character that has this number. */
function quoted(char: string): string {
  const byte = Buffer.from(char)[0] as number;
  const shown = byte < 0x20 || byte === 0x7f ? `\\x${byte.toString(16).padStart(2, '0')}` : String.fromCharCode(byte);
  return `'${escapes.get(char) ?? shown}'`;
}

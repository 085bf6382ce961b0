import {
  invalidText,
  type LabelOperator,
  type LabelRequirement,
  LabelSelector,
  labelRequirement,
  SelectorError,
} from './label-selector.ts';
import { qualifiedName } from './names.ts';

/**
 * Reads the form that query parameters have: 'a=b,c in (d,e),!f' (apimachinery/pkg/labels, Parse). '' selects everything.
 * Throws SelectorError.
 */
export function parseLabelSelector(text: string): LabelSelector {
  if (text === '') return LabelSelector.everything;
  return new LabelSelector(new Parser(tokenize(text)).parse());
}

type TokenType = 'identifier' | 'operator' | 'comma' | 'open' | 'close' | 'end' | 'error';

interface Token {
  type: TokenType;
  text: string;
}

const symbols: ReadonlyMap<string, TokenType> = new Map([
  ['(', 'open'],
  [')', 'close'],
  [',', 'comma'],
  ['!', 'operator'],
  ['=', 'operator'],
  ['==', 'operator'],
  ['!=', 'operator'],
  ['<', 'operator'],
  ['>', 'operator'],
]);

const tokenPattern = /[ \t\r\n]*(==|!=|[=!(),<>]|[^ \t\r\n=!(),<>]+)/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(tokenPattern);
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const found = match[1] as string;
    tokens.push({ type: symbols.get(found) ?? 'identifier', text: found });
  }
  tokens.push({ type: 'end', text: '' });
  return tokens;
}

const binaryOperators: ReadonlyMap<string, LabelOperator> = new Map([
  ['in', 'in'],
  ['notin', 'notin'],
  ['=', '='],
  ['==', '=='],
  ['!=', '!='],
  ['>', 'gt'],
  ['<', 'lt'],
]);

class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    if (this.#peek().type === 'end') return requirements;
    if (!this.#startsRequirement())
      throw new SelectorError(`found '${this.#peek().text}', expected: !, identifier, or 'end of string'`);
    for (;;) {
      requirements.push(this.#requirement());
      const next = this.#take();
      if (next.type === 'end') return requirements;
      if (next.type !== 'comma') throw new SelectorError(`found '${next.text}', expected: ',' or 'end of string'`);
      if (!this.#startsRequirement())
        throw new SelectorError(`found '${this.#peek().text}', expected: identifier after ','`);
    }
  }

  #startsRequirement(): boolean {
    const { type, text } = this.#peek();
    return type === 'identifier' || text === '!';
  }

  #requirement(): LabelRequirement {
    try {
      const negated = this.#peek().text === '!';
      if (negated) this.#take();
      const key = this.#key();
      if (negated) return labelRequirement(key, '!', []);
      const { type } = this.#peek();
      if (type === 'end' || type === 'comma') return labelRequirement(key, 'exists', []);
      const operator = this.#operator();
      const values = operator === 'in' || operator === 'notin' ? this.#valueSet() : [this.#value()];
      return labelRequirement(key, operator, values);
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      throw new SelectorError(`unable to parse requirement: ${error.message}`, { cause: error });
    }
  }

  #key(): string {
    const { type, text } = this.#take();
    if (type !== 'identifier') throw new SelectorError(`found '${text}', expected: identifier`);
    const errors = qualifiedName(text);
    // Kubernetes has no path for a key that stands in a query.
    if (errors.length > 0) throw new SelectorError(invalidText('<nil>', text, errors.join('; ')));
    return text;
  }

  #operator(): LabelOperator {
    const { text } = this.#take();
    const operator = binaryOperators.get(text);
    if (operator !== undefined) return operator;
    throw new SelectorError(`found '${text}', expected: in, notin, =, ==, !=, gt, lt`);
  }

  /** A value may be empty: 'a=' and 'a=,b'. */
  #value(): string {
    const { type, text } = this.#peek();
    if (type === 'end' || type === 'comma') return '';
    this.#take();
    if (type === 'identifier') return text;
    throw new SelectorError(`found '${text}', expected: identifier`);
  }

  /** Empty values count: '(a,,b)' has three, '()' has one. */
  #valueSet(): string[] {
    const open = this.#take();
    if (open.type !== 'open') throw new SelectorError(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (!['identifier', 'comma', 'close'].includes(first.type)) {
      throw new SelectorError(`found '${first.text}', expected: ',', ')' or identifier`);
    }
    const values = new Set<string>();
    for (;;) {
      values.add(this.#peek().type === 'identifier' ? this.#take().text : '');
      const { type, text } = this.#take();
      if (type === 'close') return [...values].sort();
      if (type !== 'comma') throw new SelectorError(`found '${text}', expected: ',' or ')'`);
    }
  }

  #peek(): Token {
    return this.#tokens[this.#position] as Token;
  }

  #take(): Token {
    const token = this.#peek();
    if (token.type !== 'end') this.#position += 1;
    return token;
  }
}

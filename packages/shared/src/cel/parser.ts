import type { BinaryOperator, Expr, Literal } from './ast.ts';
import type { Issue } from './errors.ts';
import { SyntaxIssue, type Token, tokenize } from './lexer.ts';
import { expandMacro } from './macros.ts';

/** As cel-go's: more text than this is not read. */
const MAX_LENGTH = 100_000;
/** Deeper expressions are refused: every later step walks them. */
const MAX_DEPTH = 500;
/** Nested parentheses and the like, as cel-go's. */
const MAX_NESTING = 250;

const reserved: ReadonlySet<string> = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);
const expected =
  "expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

/** The expression, or what is wrong with its text. */
export function parse(source: string): Expr | Issue {
  if (source.length > MAX_LENGTH) {
    return {
      at: 0,
      message: `Syntax error: expression code point size exceeds limit: size: ${source.length}, limit ${MAX_LENGTH}`,
    };
  }
  try {
    return new Parser(tokenize(source)).parse();
  } catch (error) {
    if (error instanceof SyntaxIssue) return { at: error.at, message: error.message };
    throw error;
  }
}

const relations: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', 'in']);
const additions: ReadonlySet<string> = new Set(['+', '-']);
const multiplications: ReadonlySet<string> = new Set(['*', '/', '%']);

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #nesting = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Expr {
    const expr = this.#expression();
    const rest = this.#peek();
    if (rest.type !== 'end') throw new SyntaxIssue(rest.at, `mismatched input '${rest.text}' expecting <EOF>`);
    return expr;
  }

  #expression(): Expr {
    this.#nesting += 1;
    if (this.#nesting > MAX_NESTING) {
      throw new SyntaxIssue(this.#peek().at, `expression recursion limit exceeded: ${MAX_NESTING}`);
    }
    const test = this.#logical('||');
    const question = this.#accept('?');
    let expr = test;
    if (question !== undefined) {
      const yes = this.#logical('||');
      this.#expect(':');
      const no = this.#expression();
      expr = this.#deep({ type: 'conditional', at: question.at, test, yes, no, depth: 0 }, test, yes, no);
    }
    this.#nesting -= 1;
    return expr;
  }

  /** Long chains become a balanced tree: the order of evaluation is the same, the depth is not. */
  #logical(operator: '||' | '&&'): Expr {
    const operands = [operator === '||' ? this.#logical('&&') : this.#binary(0)];
    const places: number[] = [];
    for (let token = this.#accept(operator); token !== undefined; token = this.#accept(operator)) {
      places.push(token.at);
      operands.push(operator === '||' ? this.#logical('&&') : this.#binary(0));
    }
    const build = (from: number, to: number): Expr => {
      if (from === to) return operands[from] as Expr;
      const middle = (from + to) >> 1;
      const [left, right] = [build(from, middle), build(middle + 1, to)];
      const type = operator === '||' ? 'or' : 'and';
      return this.#deep({ type, at: places[middle] as number, left, right, depth: 0 }, left, right);
    };
    return build(0, operands.length - 1);
  }

  #binary(level: 0 | 1 | 2): Expr {
    const operators = level === 0 ? relations : level === 1 ? additions : multiplications;
    const operand = (): Expr => (level === 2 ? this.#unary() : this.#binary((level + 1) as 1 | 2));
    let left = operand();
    for (;;) {
      const token = this.#peek();
      if (token.type !== 'punctuation' || !operators.has(token.text)) return left;
      this.#next += 1;
      const right = operand();
      const operator = token.text as BinaryOperator;
      left = this.#deep({ type: 'binary', at: token.at, operator, left, right, depth: 0 }, left, right);
    }
  }

  #unary(): Expr {
    const signs: Token[] = [];
    const sign = this.#peek().text === '!' ? '!' : '-';
    for (let token = this.#accept(sign); token !== undefined; token = this.#accept(sign)) signs.push(token);
    const [first] = signs;
    if (first === undefined) return this.#member();
    const literal = this.#peek();
    const negative =
      sign === '-' && signs.length % 2 === 1 && literal.type === 'literal' ? negated(literal.value) : undefined;
    if (negative !== undefined) {
      this.#next += 1;
      return this.#suffixes({ type: 'literal', at: first.at, value: negative, depth: 1 });
    }
    const operand = this.#member();
    if (signs.length % 2 === 0) return operand;
    return this.#deep({ type: sign === '!' ? 'not' : 'negate', at: first.at, operand, depth: 0 }, operand);
  }

  #member(): Expr {
    return this.#suffixes(this.#primary());
  }

  #suffixes(start: Expr): Expr {
    let expr = start;
    for (;;) {
      const dot = this.#accept('.');
      if (dot !== undefined) expr = this.#selection(expr, dot);
      else {
        const bracket = this.#accept('[');
        if (bracket === undefined) return expr;
        const optional = this.#accept('?') !== undefined;
        const key = this.#expression();
        this.#expect(']');
        expr = this.#deep({ type: 'index', at: bracket.at, operand: expr, key, optional, depth: 0 }, expr, key);
      }
    }
  }

  #selection(operand: Expr, dot: Token): Expr {
    const optional = this.#accept('?') !== undefined;
    const field = this.#identifier();
    const parenthesis = optional ? undefined : this.#accept('(');
    if (parenthesis === undefined) {
      return this.#deep({ type: 'select', at: dot.at, operand, field: field.text, optional, depth: 0 }, operand);
    }
    return this.#call(field.text, operand, this.#arguments(')'), parenthesis.at);
  }

  #call(name: string, target: Expr | undefined, args: Expr[], at: number): Expr {
    const depth = (expr: Expr): Expr => this.#deep(expr, ...(target === undefined ? args : [target, ...args]));
    return depth(expandMacro(name, target, args, at) ?? { type: 'call', at, name, target, args, depth: 0 });
  }

  #arguments(close: string): Expr[] {
    const args: Expr[] = [];
    if (this.#accept(close) !== undefined) return args;
    for (;;) {
      args.push(this.#expression());
      if (this.#accept(close) !== undefined) return args;
      this.#expect(',');
    }
  }

  #primary(): Expr {
    const token = this.#peek();
    this.#next += 1;
    if (token.type === 'literal') return this.#literal(token);
    if (token.text === '(') {
      const expr = this.#expression();
      this.#expect(')');
      return expr;
    }
    if (token.text === '[') return this.#list(token);
    if (token.text === '{') return this.#map(token);
    const absolute = token.text === '.';
    if (absolute || token.type === 'ident') return this.#name(absolute ? this.#identifier() : token, absolute);
    const verb = token.type === 'end' || relations.has(token.text) ? 'mismatched' : 'extraneous';
    throw new SyntaxIssue(token.at, `${verb} input '${token.text}' ${expected}`);
  }

  #literal(token: Token & { type: 'literal' }): Expr {
    const { value } = token;
    if (value.kind === 'int' && value.value === 1n << 63n) throw new SyntaxIssue(token.at, 'invalid int literal');
    return { type: 'literal', at: token.at, value, depth: 1 };
  }

  #name(token: Token, absolute: boolean): Expr {
    if (reserved.has(token.text)) throw new SyntaxIssue(token.at, `reserved identifier: ${token.text}`);
    const parenthesis = this.#accept('(');
    if (parenthesis !== undefined) return this.#call(token.text, undefined, this.#arguments(')'), parenthesis.at);
    const message = this.#message(token);
    if (message !== undefined) return message;
    return { type: 'ident', at: token.at, name: absolute ? `.${token.text}` : token.text, depth: 1 };
  }

  /** `Some.Type{field: value}`: a brace after a dotted name. */
  #message(first: Token): Expr | undefined {
    let name = first.text;
    let ahead = this.#next;
    while (this.#tokens[ahead]?.text === '.' && this.#tokens[ahead + 1]?.type === 'ident') {
      name += `.${this.#tokens[ahead + 1]?.text}`;
      ahead += 2;
    }
    const brace = this.#tokens[ahead];
    if (brace?.type !== 'punctuation' || brace.text !== '{') return undefined;
    this.#next = ahead + 1;
    const fields: (Expr & { type: 'struct' })['fields'] = [];
    while (this.#accept('}') === undefined) {
      const optional = this.#accept('?') !== undefined;
      const field = this.#identifier();
      const colon = this.#expect(':');
      fields.push({ name: field.text, value: this.#expression(), optional, at: colon.at });
      if (this.#accept(',') === undefined && this.#peek().text !== '}') this.#expect('}');
    }
    return this.#deep({ type: 'struct', at: brace.at, name, fields, depth: 0 }, ...fields.map(({ value }) => value));
  }

  #list(bracket: Token): Expr {
    const elements: { value: Expr; optional: boolean }[] = [];
    while (this.#accept(']') === undefined) {
      const optional = this.#accept('?') !== undefined;
      elements.push({ value: this.#expression(), optional });
      if (this.#accept(',') === undefined && this.#peek().text !== ']') this.#expect(']');
    }
    const expr: Expr = { type: 'list', at: bracket.at, elements, depth: 0 };
    return this.#deep(expr, ...elements.map(({ value }) => value));
  }

  #map(brace: Token): Expr {
    const entries: { key: Expr; value: Expr; optional: boolean }[] = [];
    while (this.#accept('}') === undefined) {
      const optional = this.#accept('?') !== undefined;
      const key = this.#expression();
      this.#expect(':');
      entries.push({ key, value: this.#expression(), optional });
      if (this.#accept(',') === undefined && this.#peek().text !== '}') this.#expect('}');
    }
    const expr: Expr = { type: 'map', at: brace.at, entries, depth: 0 };
    return this.#deep(expr, ...entries.flatMap(({ key, value }) => [key, value]));
  }

  #deep<T extends Expr>(expr: T, ...parts: readonly Expr[]): T {
    for (const part of parts) if (part.depth > expr.depth) expr.depth = part.depth;
    expr.depth += 1;
    if (expr.depth > MAX_DEPTH) throw new SyntaxIssue(expr.at, 'max recursion depth exceeded');
    return expr;
  }

  #identifier(): Token {
    const token = this.#peek();
    if (token.type !== 'ident') throw new SyntaxIssue(token.at, `no viable alternative at input '.${token.text}'`);
    this.#next += 1;
    return token;
  }

  #peek(): Token {
    return this.#tokens[this.#next] as Token;
  }

  #accept(text: string): Token | undefined {
    const token = this.#peek();
    if (token.type !== 'punctuation' || token.text !== text) return undefined;
    this.#next += 1;
    return token;
  }

  #expect(text: string): Token {
    const token = this.#peek();
    const found = this.#accept(text);
    if (found === undefined) throw new SyntaxIssue(token.at, `mismatched input '${token.text}' expecting '${text}'`);
    return found;
  }
}

function negated(literal: Literal): Literal | undefined {
  if (literal.kind === 'int') return { kind: 'int', value: -literal.value };
  return literal.kind === 'double' ? { kind: 'double', value: -literal.value } : undefined;
}

/** What the parser makes of an expression: macros are nodes of their own. `at` is where messages point. */
export type Expr =
  | { type: 'literal'; at: number; value: Literal; depth: number }
  | { type: 'ident'; at: number; name: string; depth: number }
  | { type: 'select'; at: number; operand: Expr; field: string; optional: boolean; depth: number }
  | { type: 'has'; at: number; operand: Expr; field: string; depth: number }
  | { type: 'index'; at: number; operand: Expr; key: Expr; optional: boolean; depth: number }
  | { type: 'call'; at: number; name: string; target: Expr | undefined; args: Expr[]; depth: number }
  | { type: 'not' | 'negate'; at: number; operand: Expr; depth: number }
  | { type: 'and' | 'or'; at: number; left: Expr; right: Expr; depth: number }
  | { type: 'binary'; at: number; operator: BinaryOperator; left: Expr; right: Expr; depth: number }
  | { type: 'conditional'; at: number; test: Expr; yes: Expr; no: Expr; depth: number }
  | { type: 'list'; at: number; elements: { value: Expr; optional: boolean }[]; depth: number }
  | { type: 'map'; at: number; entries: { key: Expr; value: Expr; optional: boolean }[]; depth: number }
  | { type: 'struct'; at: number; name: string; fields: StructField[]; depth: number }
  | Comprehension
  | { type: 'bind'; at: number; name: string; init: Expr; body: Expr; depth: number }
  | { type: 'optMap'; at: number; flat: boolean; operand: Expr; name: string; body: Expr; depth: number };

interface StructField {
  name: string;
  value: Expr;
  optional: boolean;
  at: number;
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in';

export type MacroName =
  | 'all'
  | 'exists'
  | 'existsOne'
  | 'map'
  | 'filter'
  | 'transformList'
  | 'transformMap'
  | 'transformMapEntry';

export interface Comprehension {
  type: 'comprehension';
  at: number;
  macro: MacroName;
  range: Expr;
  /** One, or key (index) and value. */
  variables: [string] | [string, string];
  /** A condition: the body of all, exists, existsOne and filter, the optional one of the others. */
  test: Expr | undefined;
  transform: Expr | undefined;
  depth: number;
}

export type Literal =
  | { kind: 'null' }
  | { kind: 'bool'; value: boolean }
  | { kind: 'int'; value: bigint }
  | { kind: 'uint'; value: bigint }
  | { kind: 'double'; value: number }
  | { kind: 'string'; value: string }
  | { kind: 'bytes'; value: Uint8Array };

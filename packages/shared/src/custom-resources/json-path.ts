import { getKey, isObject } from '../schema/data.ts';

/** The part of Kubernetes' JSONPath (client-go/util/jsonpath) that columns need: names, indexes, all elements, and filters for equality. */
type Step =
  | { type: 'name'; name: string }
  | { type: 'index'; index: number }
  | { type: 'all' }
  | { type: 'filter'; path: readonly string[]; negated: boolean; value: string };

/** Finds every value at a path. */
export type ColumnPath = (object: unknown) => unknown[];

const name = /\.((?:[\w$/-]|\\.)+)/y;
const quotedName = /\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/y;
const index = /\[(-?\d+)\]/y;
const all = /\[(?:\*|:)\]|\.\*/y;
const filter = /\[\?\(\s*@((?:\.[\w$/-]+)+)\s*(==|!=)\s*(?:"([^"]*)"|'([^']*)'|(true|false|-?\d+(?:\.\d+)?))\s*\)\]/y;

const readers: readonly [RegExp, (match: RegExpExecArray) => Step][] = [
  [all, () => ({ type: 'all' })],
  [name, ([, text = '']) => ({ type: 'name', name: unescaped(text) })],
  [quotedName, ([, single, double]) => ({ type: 'name', name: unescaped(single ?? double ?? '') })],
  [index, ([, text]) => ({ type: 'index', index: Number(text) })],
  [
    filter,
    ([, path = '', operator, double, single, plain]) => ({
      ...{ type: 'filter', path: path.split('.').slice(1), negated: operator === '!=' },
      value: double ?? single ?? plain ?? '',
    }),
  ],
];

const unescaped = (text: string): string => text.replace(/\\(.)/g, '$1');

/** undefined for what is no path that columns may have. */
export function parseColumnPath(text: string): ColumnPath | undefined {
  if (!text.startsWith('.') || text.length > 1024) return undefined;
  const steps: Step[] = [];
  let at = 0;
  while (at < text.length) {
    const found = readStep(text, at);
    if (found === undefined) return undefined;
    steps.push(found.step);
    at = found.end;
  }
  return (object) => steps.reduce<unknown[]>((values, step) => values.flatMap((value) => take(value, step)), [object]);
}

function readStep(text: string, at: number): { step: Step; end: number } | undefined {
  for (const [pattern, read] of readers) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) return { step: read(match), end: at + match[0].length };
  }
  return undefined;
}

function take(value: unknown, step: Step): unknown[] {
  switch (step.type) {
    case 'name': {
      const found = isObject(value) ? getKey(value, step.name) : undefined;
      return found === undefined ? [] : [found];
    }
    case 'index': {
      const found = Array.isArray(value) ? value.at(step.index) : undefined;
      return found === undefined ? [] : [found];
    }
    case 'all':
      return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
    default:
      return Array.isArray(value) ? value.filter((item: unknown) => matches(item, step)) : [];
  }
}

function matches(item: unknown, { path, negated, value }: Step & { type: 'filter' }): boolean {
  const found = path.reduce<unknown>((part, key) => (isObject(part) ? getKey(part, key) : undefined), item);
  return found !== undefined && (String(found) === value) !== negated;
}

import { fn, type Overload } from '../function.ts';
import { ArrayList } from '../values.ts';

const cost = (text: number, pattern: number): number => ((text + 1) / 10) * (pattern / 4);
const resultSize = (text: number): number => text;

/** Kubernetes' find and findAll. */
export const regexes: readonly Overload[] = [
  fn(
    'string.find(string): string',
    (context, text: string, pattern: string) => context.regex(pattern).find(text) ?? '',
    { cost, resultSize },
  ),
  fn(
    'string.findAll(string): list(string)',
    (context, text: string, pattern: string) => new ArrayList(context.regex(pattern).findAll(text, -1)),
    { cost, resultSize },
  ),
  fn(
    'string.findAll(string, int): list(string)',
    (context, text: string, pattern: string, limit: bigint) =>
      new ArrayList(context.regex(pattern).findAll(text, Number(limit))),
    { cost, resultSize },
  ),
];

import { RE2JS } from 're2js';

/** A pattern from a user. Matching takes time linear in the text, whatever the pattern is. */
export interface LinearRegex {
  /** Whether it is found anywhere in the text. */
  test(text: string): boolean;
  /** The first find, or undefined. */
  find(text: string): string | undefined;
  /** Finds that do not overlap, at most `limit` of them when it is not negative. */
  findAll(text: string, limit: number): string[];
}

/** Thrown for a pattern that is none; the message is RE2's. */
export class RegexError extends Error {
  override readonly name = 'RegexError';
}

/** Compiles in RE2 syntax, which is that of Go and so of every pattern in Kubernetes' API. */
export function linearRegex(pattern: string): LinearRegex {
  const compiled = compile(pattern);
  return {
    test: (text) => compiled.test(text),
    find: (text) => {
      const matcher = compiled.matcher(text);
      return matcher.find() ? (matcher.group() ?? '') : undefined;
    },
    findAll: (text, limit) => {
      const matcher = compiled.matcher(text);
      const found: string[] = [];
      while ((limit < 0 || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '');
      return found;
    },
  };
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new RegexError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

import { type LinearRegex, linearRegex, RegexError } from '../regex/index.ts';
import { BudgetExceeded, CelError } from './errors.ts';
import type { CallContext } from './function.ts';
import type { CelValue } from './values.ts';

/** One evaluation: its variables and what it may still spend. */
export class Frame implements CallContext {
  readonly slots: CelValue[];
  readonly #limit: number;
  readonly #patterns: Patterns;
  #spent = 0;

  constructor(slots: number, limit: number, patterns: Patterns) {
    this.slots = new Array<CelValue>(slots).fill(null);
    this.#limit = limit;
    this.#patterns = patterns;
  }

  get spent(): number {
    return this.#spent;
  }

  readonly charge = (units: number): void => {
    this.#spent += units;
    if (this.#spent > this.#limit) throw new BudgetExceeded();
  };

  regex(pattern: string): LinearRegex {
    return this.#patterns.get(pattern);
  }
}

const MAX_PATTERNS = 16;

/** The compiled patterns of one program: most are literals in it. */
export class Patterns {
  readonly #known = new Map<string, LinearRegex>();

  get(pattern: string): LinearRegex {
    const known = this.#known.get(pattern);
    if (known !== undefined) return known;
    const regex = compilePattern(pattern);
    if (this.#known.size >= MAX_PATTERNS) this.#known.clear();
    this.#known.set(pattern, regex);
    return regex;
  }
}

function compilePattern(pattern: string): LinearRegex {
  try {
    return linearRegex(pattern);
  } catch (error) {
    if (error instanceof RegexError) throw new CelError(error.message);
    throw error;
  }
}

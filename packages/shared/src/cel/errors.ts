/** A mistake in the text of an expression. */
export interface Issue {
  at: number;
  message: string;
}

/** What an expression comes to that has no value. Not an Error: it is thrown and caught within evaluation, where `||` may make up for it. */
export class CelError {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** The budget is spent; nothing makes up for it. */
export class BudgetExceeded extends CelError {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

export const noOverload = (): CelError => new CelError('no such overload');
export const noKey = (key: unknown): CelError => new CelError(`no such key: ${String(key)}`);

/** As cel-go prints issues: place, text, and the line with a pointer to the place. */
export function showIssues(source: string, issues: readonly Issue[]): string {
  return issues
    .map(({ at, message }) => {
      const before = source.slice(0, at).split('\n');
      const column = (before.at(-1) as string).length;
      const line = source.split('\n')[before.length - 1] ?? '';
      return `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line.replaceAll('\t', ' ')}\n | ${'.'.repeat(column)}^`;
    })
    .join('\n');
}

/** What a command says to its user: one line per step, on standard output. */
export interface Progress {
  /** Announces a step; the returned function says how it ended. */
  step(title: string): (outcome?: string) => void;
  line(text: string): void;
}

export function createProgress(write: (text: string) => void, now: () => number = Date.now): Progress {
  return {
    step(title) {
      const started = now();
      write(`  ${title} ...\n`);
      return (outcome = 'done') => write(`  ${title}: ${outcome} (${((now() - started) / 1000).toFixed(1)} s)\n`);
    },
    line: (text) => write(`${text}\n`),
  };
}

import type { Progress } from '../cluster/progress.ts';

interface Context {
  progress: Progress;
}

/** One command of `kubus`; `run` gives back the exit code. */
export interface Command {
  summary: string;
  usage: string;
  run(args: string[], context: Context): Promise<number>;
}

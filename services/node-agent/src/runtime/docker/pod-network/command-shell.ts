import { type ChildProcess, spawn } from 'node:child_process';

/** How long a command may take; milliseconds. */
const commandMs = 10_000;

interface Waiting {
  done(): void;
  fail(error: Error): void;
  timer: NodeJS.Timeout;
}

/**
 * Runs commands through one shell that stays: to fork this process takes 10 ms of its time, to fork a shell less than one. Commands run side by side.
 * The shell is started with the first command, again when it has ended, and does not keep this process alive.
 */
export class CommandShell {
  readonly #waiting = new Map<number, Waiting>();
  #shell: ChildProcess | undefined;
  #next = 0;

  /**
   * Runs a line of shell. It must come from this program: nothing is quoted. Rejects with what it printed when it ends with other than 0, or not in time.
   */
  run(line: string): Promise<void> {
    const id = ++this.#next;
    return new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id, 'did not end in time'), commandMs);
      this.#waiting.set(id, { done: resolve, fail: reject, timer });
      const shell = this.#started();
      // Its output in one line, behind its number and how it ended.
      shell.stdin?.write(`{ o=$( { ${line}; } 2>&1 </dev/null ); s=$?; echo ${id} $s $o; } &\n`);
    });
  }

  #started(): ChildProcess {
    if (this.#shell !== undefined) return this.#shell;
    const shell = spawn('sh', [], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
    this.#shell = shell;
    shell.unref();
    for (const pipe of [shell.stdin, shell.stdout]) (pipe as { unref?(): void } | null)?.unref?.();
    shell.stdin?.on('error', () => undefined);
    const ended = (error?: Error) => {
      if (this.#shell === shell) this.#shell = undefined;
      for (const id of [...this.#waiting.keys()]) this.#settle(id, error?.message ?? 'the shell has ended');
    };
    shell.once('error', ended);
    shell.once('exit', () => ended());
    let text = '';
    shell.stdout?.setEncoding('utf8').on('data', (part: string) => {
      const lines = (text + part).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) this.#answered(line);
    });
    return shell;
  }

  #answered(line: string): void {
    const [id, status, ...output] = line.split(' ');
    this.#settle(Number(id), status === '0' ? undefined : `ended with ${status}: ${output.join(' ').slice(0, 500)}`);
  }

  #settle(id: number, failure: string | undefined): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (failure === undefined) waiting.done();
    else waiting.fail(new Error(failure));
  }
}

import { spawn } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster, type Output, type RunOptions, run } from '../../harness/index.ts';

/** A verb of kubectl and what is tried of it. */
export interface Case {
  verb: string;
  /** The minor version of kubectl that has it first; the oldest one that is tried when not said. */
  since?: number;
  run(k: Kubectl): Promise<void>;
}

/** One version of kubectl, at work in a namespace of its own. */
export class Kubectl {
  readonly minor: number;
  readonly namespace: string;
  readonly #env: Record<string, string>;

  private constructor(cluster: Cluster, minor: number) {
    this.minor = minor;
    this.namespace = `with-1-${minor}`;
    // What is kept of discovery is told apart by address alone: not to be taken from another cluster's.
    this.#env = { KUBECONFIG: join(cluster.stateDir, this.namespace), HOME: cluster.stateDir };
  }

  static async start(cluster: Cluster, minor: number): Promise<Kubectl> {
    const k = new Kubectl(cluster, minor);
    await copyFile(cluster.kubeconfig, join(cluster.stateDir, k.namespace));
    await k.run(`create namespace ${k.namespace}`);
    await k.run(`config set-context --current --namespace=${k.namespace}`);
    return k;
  }

  /** Names of what is not in a namespace: the versions run at the same time. */
  own(name: string): string {
    return `${name}-${this.minor}`;
  }

  /** Words between blanks, followed by such as hold blanks. */
  async run(command: string, ...more: string[]): Promise<string> {
    return succeeded(command, await this.try([...command.split(' '), ...more]));
  }

  async pipe(input: object | string, command: string): Promise<string> {
    const text = typeof input === 'string' ? input : JSON.stringify(input);
    return succeeded(command, await this.try(command.split(' '), { input: text }));
  }

  try(args: readonly string[], options: RunOptions = {}): Promise<Output> {
    return run(`kubectl-1.${this.minor}`, args, { ...options, env: { ...this.#env, ...options.env } });
  }

  /** Runs until what it prints matches, ends it then, and gives what it printed. */
  until(command: string, pattern: RegExp): Promise<string> {
    return this.serving(command, pattern, async (_, printed) => printed);
  }

  /** The same, with something done before it is ended: with the first group of what matched. */
  async serving<T>(command: string, pattern: RegExp, use: (found: string, printed: string) => Promise<T>): Promise<T> {
    const env = { ...process.env, ...this.#env };
    const child = spawn(`kubectl-1.${this.minor}`, command.split(' '), { env, stdio: 'pipe' });
    let printed = '';
    const found = new Promise<string>((resolve, reject) => {
      const read = (chunk: string) => {
        printed += chunk;
        const match = pattern.exec(printed);
        if (match !== null) resolve(match[1] ?? '');
      };
      child.stdout.setEncoding('utf8').on('data', read);
      child.stderr.setEncoding('utf8').on('data', read);
      child.once('close', () => reject(new Error(`kubectl ${command} never printed ${pattern}:\n${printed}`)));
    });
    const timer = setTimeout(() => child.kill(), 60_000);
    try {
      return await use(await found, printed);
    } finally {
      clearTimeout(timer);
      child.kill();
    }
  }
}

function succeeded(command: string, { code, stdout, stderr }: Output): string {
  if (code !== 0) throw new Error(`kubectl ${command} ended with ${code}\n${stdout}\n${stderr}`);
  return stdout;
}

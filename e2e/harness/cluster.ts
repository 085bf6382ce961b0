import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { begin, must, type Output, type Running, type RunOptions, run } from './run.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
/** For a start: a machine that does much else takes a minute for the certificates alone. */
const startMs = 400_000;
const cliOf = (sources: string) => join(sources, 'packages/cli/src/main.ts');
const cli = cliOf(root);

/** A cluster of the test's own, started as a user starts it, with its state in a temporary folder. */
export interface Cluster {
  readonly stateDir: string;
  /** Name of the cluster in container labels. */
  readonly name: string;
  readonly kubeconfig: string;
  /** Everything that `kubus up` printed. */
  output(): string;
  /** kubectl 1.36 against this cluster; throws when it fails. */
  kubectl(...args: string[]): Promise<string>;
  /** kubectl with options, its failure as data. */
  tryKubectl(args: readonly string[], options?: RunOptions & { binary?: string }): Promise<Output>;
  /** kubectl that runs on until it is killed or ends by itself. */
  beginKubectl(args: readonly string[], options?: { binary?: string; env?: Record<string, string> }): Running;
  getJson<T>(...args: string[]): Promise<T>;
  kubus(...args: string[]): Promise<Output>;
  /** Process id of a program of the cluster: 'api', 'redis', 'node-1', ... */
  pid(program: string): Promise<number>;
  /** Containers of this cluster, as Docker sees them. */
  containers(): Promise<Container[]>;
  /** Ctrl-C, and wait for the end. */
  interrupt(): Promise<void>;
  start(...args: string[]): Promise<void>;
  /** Ends the cluster and removes its containers and its state. */
  destroy(): Promise<void>;
}

export interface Container {
  id: string;
  name: string;
  state: string;
  startedAt: string;
  labels: Record<string, string>;
}

export interface ClusterOptions {
  /** A folder with a state of its own already; default: a new one. */
  stateDir?: string;
  args?: readonly string[];
  env?: Record<string, string>;
  /** The folder of the sources that it is started from; default: these. */
  sources?: string;
}

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), 'kubus-e2e-')));
  const cluster = new LocalCluster(stateDir, options);
  try {
    await cluster.start();
  } catch (error) {
    await cluster.destroy();
    throw error;
  }
  return cluster;
}

class LocalCluster implements Cluster {
  readonly stateDir: string;
  readonly kubeconfig: string;
  readonly #options: ClusterOptions;
  #child: ChildProcess | undefined;
  #output = '';
  name = '';

  constructor(stateDir: string, options: ClusterOptions) {
    this.stateDir = stateDir;
    this.kubeconfig = join(stateDir, 'kubeconfig');
    this.#options = options;
  }

  async start(...args: string[]): Promise<void> {
    this.#output = '';
    const { sources = root, args: always = [] } = this.#options;
    const child = spawn(process.execPath, [cliOf(sources), 'up', '--dir', this.stateDir, ...always, ...args], {
      env: { ...process.env, ...this.#options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not ready in time:\n${this.#output}`)), startMs);
      const read = (chunk: string) => {
        this.#output += chunk;
        if (this.#output.includes('is ready')) {
          clearTimeout(timer);
          resolve();
        }
      };
      child.stdout.setEncoding('utf8').on('data', read);
      child.stderr.setEncoding('utf8').on('data', read);
      child.once('exit', (code) => reject(new Error(`kubus up ended with ${code}:\n${this.#output}`)));
    });
    this.name = (JSON.parse(await readFile(join(this.stateDir, 'cluster.json'), 'utf8')) as { name: string }).name;
  }

  output(): string {
    return this.#output;
  }

  kubectl(...args: string[]): Promise<string> {
    return must('kubectl-1.36', args, { env: this.#kubectlEnv });
  }

  tryKubectl(args: readonly string[], options: RunOptions & { binary?: string } = {}): Promise<Output> {
    return run(options.binary ?? 'kubectl-1.36', args, {
      ...options,
      env: { ...this.#kubectlEnv, ...options.env },
    });
  }

  beginKubectl(args: readonly string[], options: { binary?: string; env?: Record<string, string> } = {}): Running {
    return begin(options.binary ?? 'kubectl-1.36', args, { ...this.#kubectlEnv, ...options.env });
  }

  async getJson<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.kubectl('get', ...args, '-o', 'json')) as T;
  }

  kubus(...args: string[]): Promise<Output> {
    return run(process.execPath, [cli, ...args, '--dir', this.stateDir]);
  }

  async pid(program: string): Promise<number> {
    return Number((await readFile(join(this.stateDir, 'run', `${program}.pid`), 'utf8')).split(' ')[0]);
  }

  async containers(): Promise<Container[]> {
    const env = this.#options.env ?? {};
    const filter = `label=kubus.io/cluster=${this.name}`;
    const ids = (await must('docker', ['ps', '-aq', '--no-trunc', '--filter', filter], { env })).trim();
    if (ids === '') return [];
    const found = await run('docker', ['inspect', ...ids.split('\n')], { env });
    return (JSON.parse(found.stdout) as Inspected[]).map((c) => ({
      id: c.Id,
      name: c.Name.slice(1),
      state: c.State.Status,
      startedAt: c.State.StartedAt,
      labels: c.Config.Labels,
    }));
  }

  /** kubectl keeps what it discovers below HOME, by address alone: not to be taken from another test's cluster. */
  get #kubectlEnv(): Record<string, string> {
    return { KUBECONFIG: this.kubeconfig, HOME: this.stateDir };
  }

  async interrupt(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
  }

  async destroy(): Promise<void> {
    await this.interrupt();
    const env = this.#options.env ?? {};
    await run(process.execPath, [cli, 'down', '--purge', '--dir', this.stateDir], { env });
    await rm(this.stateDir, { recursive: true, force: true });
  }
}

interface Inspected {
  Id: string;
  Name: string;
  State: { Status: string; StartedAt: string };
  Config: { Labels: Record<string, string> };
}

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface KubectlResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface KubectlOptions {
  env?: Record<string, string>;
  input?: string;
  /** Program of that version; default 'kubectl-1.36'. */
  binary?: string;
}

/** An unmodified kubectl that knows one server. */
export class Kubectl {
  readonly #dir: string;
  readonly #kubeconfig: string;

  private constructor(dir: string, kubeconfig: string) {
    this.#dir = dir;
    this.#kubeconfig = kubeconfig;
  }

  /** What it caches goes beside the configuration, and with it. */
  static over(kubeconfig: string): Kubectl {
    return new Kubectl(dirname(kubeconfig), kubeconfig);
  }

  static async create(server: {
    url: string;
    ca: string;
    token?: string;
    client?: { cert: string; key: string };
  }): Promise<Kubectl> {
    const dir = await mkdtemp(join(tmpdir(), 'kubus-kubectl-'));
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    const user =
      server.client === undefined
        ? { token: server.token }
        : {
            'client-certificate-data': base64(server.client.cert),
            'client-key-data': base64(server.client.key),
          };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: server.url, 'certificate-authority-data': base64(server.ca) } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    await writeFile(join(dir, 'config'), JSON.stringify(config));
    return new Kubectl(dir, join(dir, 'config'));
  }

  #env(options: KubectlOptions): NodeJS.ProcessEnv {
    return { ...process.env, KUBECONFIG: this.#kubeconfig, HOME: this.#dir, ...options.env };
  }

  run(args: readonly string[], options: KubectlOptions = {}): Promise<KubectlResult> {
    return new Promise((resolve) => {
      const child = execFile(
        options.binary ?? 'kubectl-1.36',
        args,
        { env: this.#env(options), maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => resolve({ code: exitCode(error), stdout, stderr }),
      );
      child.stdin?.end(options.input ?? '');
    });
  }

  /** Runs until it is killed. */
  spawn(args: readonly string[], options: KubectlOptions = {}): ChildProcess {
    return spawn(options.binary ?? 'kubectl-1.36', args, { env: this.#env(options), stdio: ['pipe', 'pipe', 'pipe'] });
  }

  remove(): Promise<void> {
    return rm(this.#dir, { recursive: true, force: true, maxRetries: 10 });
  }
}

function exitCode(error: unknown): number {
  if (error === null) return 0;
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? code : -1;
}

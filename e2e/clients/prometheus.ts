import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@kubus/testkit';

export interface PrometheusOptions {
  server: string;
  /** The cluster's certificate authority, in PEM. */
  ca: string;
  token: string;
  roles: readonly string[];
}

type Labels = Record<string, string>;

/** Prometheus that discovers targets in a cluster and practically never scrapes them; its state goes with it. */
export class Prometheus {
  readonly #child: ChildProcess;
  readonly #dir: string;
  readonly #url: string;
  #log = '';

  private constructor(dir: string, port: number) {
    this.#dir = dir;
    this.#url = `http://127.0.0.1:${port}`;
    const flags = {
      'config.file': join(dir, 'prometheus.yml'),
      'storage.tsdb.path': join(dir, 'data'),
      'web.listen-address': `127.0.0.1:${port}`,
    };
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    this.#child = spawn('prometheus', args, { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.once('error', (error) => (this.#log += error.message));
    this.#child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (this.#log += chunk));
  }

  static async start({ server, ca, token, roles }: PrometheusOptions): Promise<Prometheus> {
    const dir = await mkdtemp(join(tmpdir(), 'kubus-prometheus-'));
    const [caFile, tokenFile] = [join(dir, 'ca.crt'), join(dir, 'token')];
    await writeFile(caFile, ca);
    await writeFile(tokenFile, token, { mode: 0o600 });
    const discovery = {
      api_server: server,
      authorization: { credentials_file: tokenFile },
      tls_config: { ca_file: caFile },
    };
    const config = {
      global: { scrape_interval: '24h' },
      scrape_configs: roles.map((role) => ({ job_name: role, kubernetes_sd_configs: [{ role, ...discovery }] })),
    };
    // JSON is YAML.
    await writeFile(join(dir, 'prometheus.yml'), JSON.stringify(config));
    return new Prometheus(dir, await freePort());
  }

  /** Labels of what was discovered by a role, without the prefix of Kubernetes' own. */
  async discovered(role: string): Promise<Labels[]> {
    const response = await fetch(`${this.#url}/api/v1/targets?state=active&scrapePool=${role}`);
    const { data } = (await response.json()) as { data: { activeTargets: { discoveredLabels: Labels }[] } };
    return data.activeTargets.map(({ discoveredLabels }) =>
      Object.fromEntries(
        Object.entries(discoveredLabels).map(([name, value]) => [name.replace(/^__meta_kubernetes_/, ''), value]),
      ),
    );
  }

  /** What it complained of. */
  complaints(): string[] {
    return this.#log.split('\n').filter((line) => /level=ERROR/.test(line));
  }

  async stop(): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill();
      await ended;
    }
    await rm(this.#dir, { recursive: true, force: true });
  }
}

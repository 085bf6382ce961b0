import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { root, run } from './harness/index.ts';

const main = join(root, 'packages/cli/src/main.ts');
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-clumsy-'));
});
const started: Up[] = [];
afterEach(async () => {
  for (const up of started.splice(0)) await up.end('SIGINT');
});
afterAll(async () => {
  await run(process.execPath, [main, 'down', '--purge', '--dir', dir]);
  await rm(dir, { recursive: true, force: true });
});

/** `kubus up` over the one folder, with simulated nodes. */
class Up {
  readonly #child: ChildProcess;
  output = '';

  constructor() {
    this.#child = spawn(process.execPath, [main, 'up', '--runtime', 'sim', '--nodes', '1', '--dir', dir], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    started.push(this);
  }

  says(text: string): Promise<void> {
    return eventually(() => expect(this.output).toContain(text), 120_000);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async exited(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  end(signal: NodeJS.Signals): Promise<number | null> {
    this.signal(signal);
    return this.exited();
  }
}

/** Programs that the files of the cluster name and that live; a zombie does not. */
function living(): string[] {
  const files = readdirSync(join(dir, 'run')).filter((name) => name.endsWith('.pid'));
  return files.filter((name) => {
    const pid = readFileSync(join(dir, 'run', name), 'utf8').split(' ')[0];
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return stat[stat.lastIndexOf(')') + 2] !== 'Z';
    } catch {
      return false;
    }
  });
}

describe('kubus up', () => {
  it.each([
    'certificates',
    'NATS and Redis ...',
    'api ...',
    'scheduler ...',
    'is ready',
  ])('that is interrupted at "%s" leaves no program behind, and the next start goes on', async (phase) => {
    const up = new Up();
    await up.says(phase);
    expect(await up.end('SIGINT')).toBe(0);
    expect(readdirSync(join(dir, 'run'))).toEqual([]);
  });

  it('twice at once is one cluster', async () => {
    const both = [new Up(), new Up()] as const;
    await eventually(() => expect(both.map(({ output }) => output).join()).toContain('already running'), 120_000);
    await eventually(() => expect(both.map(({ output }) => output).join()).toContain('The cluster is ready.'), 120_000);
  });

  it('whose terminal is closed stops the services', async () => {
    const up = new Up();
    await up.says('is ready');
    expect(await up.end('SIGHUP')).toBe(0);
    expect(readdirSync(join(dir, 'run'))).toEqual([]);
  });

  it('that is interrupted twice ends at once, and everything with it', async () => {
    const up = new Up();
    await up.says('is ready');
    up.signal('SIGINT');
    await up.says('Stopping');
    expect([0, 130]).toContain(await up.end('SIGINT'));
    await eventually(() => expect(living()).toEqual([]));
  });

  it('that was killed leaves programs, which the next one ends', async () => {
    const up = new Up();
    await up.says('is ready');
    await up.end('SIGKILL');
    const next = new Up();
    await next.says('ended what an earlier start left running');
    await next.says('is ready');
  });

  it('says which port of the cluster another program has taken, and leaves it alone', async () => {
    const { redisPort } = JSON.parse(readFileSync(join(dir, 'cluster.json'), 'utf8')) as { redisPort: number };
    const other = createServer().listen(redisPort, '127.0.0.1');
    await once(other, 'listening');
    const up = new Up();
    expect(await up.exited()).toBe(1);
    expect(up.output).toContain(`another program listens on port ${redisPort}, where Redis of this cluster is`);
    other.close();
    expect(readdirSync(join(dir, 'run'))).toEqual([]);
  });
});

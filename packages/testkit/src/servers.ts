import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './ports.ts';

/** A real server of the test's own, on a free port of the loopback, with its data in a temporary folder. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** kill -9, as a fault; the data stays. */
  kill(): Promise<void>;
  /** Stops it (SIGSTOP): its connections stay, and what comes meanwhile waits in them. */
  pause(): Promise<void>;
  resume(): void;
  /** Starts again on the same port over the same data. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

export interface RedisOptions {
  /** 'no', 'everysec' or 'always' (default): when an append reaches the disk. */
  appendfsync?: 'no' | 'everysec' | 'always';
  /** Further redis-server arguments. */
  args?: readonly string[];
}

export async function startRedis(options: RedisOptions = {}): Promise<TestServer> {
  const fsync = options.appendfsync ?? 'always';
  return startServer('redis', (port, dir) => ({
    command: 'redis-server',
    args: [
      ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--maxmemory-policy', 'noeviction'],
      ...(fsync === 'no' ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--appendfsync', fsync]),
      ...(options.args ?? []),
    ],
    url: `redis://127.0.0.1:${port}`,
  }));
}

export interface NatsOptions {
  /** Further lines of the server's configuration (authorization, limits). */
  config?: string;
}

/** JetStream is on; without `config` anyone on the loopback may connect. */
export async function startNats(options: NatsOptions = {}): Promise<TestServer> {
  return startServer('nats', async (port, dir) => {
    const file = join(dir, 'nats.conf');
    await writeFile(
      file,
      `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${dir}", max_file: 4G }\nmax_payload: 8MB\n${options.config ?? ''}\n`,
    );
    return { command: 'nats-server', args: ['-c', file], url: `nats://127.0.0.1:${port}` };
  });
}

interface Launch {
  command: string;
  args: string[];
  url: string;
}

/** Starts any server on a free port; for the kit's own use. */
export async function startServer(
  name: string,
  describe: (port: number, dir: string) => Launch | Promise<Launch>,
): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), `kubus-${name}-`));
  const { port, launch, ...first } = await firstLaunch((port) => describe(port, dataDir));
  let { child } = first;
  return {
    url: launch.url,
    port,
    dataDir,
    kill: () => end(child, 'SIGKILL'),
    pause: () => stopProcess(child),
    resume: () => void child.kill('SIGCONT'),
    restart: async () => {
      await end(child, 'SIGKILL');
      child = await launchAndWait(launch, port);
    },
    stop: async () => {
      await end(child, 'SIGKILL');
      await rm(dataDir, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** On another port, should a program that is none of the tests' have taken the first one before the server did. */
async function firstLaunch(describe: (port: number) => Launch | Promise<Launch>) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const launch = await describe(port);
    try {
      return { port, launch, child: await launchAndWait(launch, port) };
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

async function launchAndWait(launch: Launch, port: number): Promise<ChildProcess> {
  const child = spawn(launch.command, launch.args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout?.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  child.on('error', (error) => (output += error.message));
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`${launch.command} exited with ${code}: ${output}`);
  });
  try {
    await Promise.race([eventually(() => canConnect(port), 60_000), exited]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return child;
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

/** Resolves when none of its threads runs any more, which the signal only begins. */
async function stopProcess(child: ChildProcess): Promise<void> {
  child.kill('SIGSTOP');
  const tasks = `/proc/${child.pid}/task`;
  await eventually(async () => {
    for (const task of await readdir(tasks)) {
      const stat = await readFile(join(tasks, task, 'stat'), 'utf8');
      if (stat[stat.lastIndexOf(')') + 2] !== 'T') throw new Error(`${child.pid} has not stopped`);
    }
  });
}

function canConnect(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

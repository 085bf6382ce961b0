import { spawn } from 'node:child_process';
import { access, constants, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { delimiter, dirname, join } from 'node:path';
import { makeFolder } from './folders.ts';

/** How a server is run: its own program on this machine, or a container of its image. */
export type ServerProgram = { kind: 'path'; command: string } | { kind: 'container'; image: string };

export interface ServerNeed {
  command: 'redis-server' | 'nats-server';
  /** Debian's and Ubuntu's package of the same program. */
  package: string;
  image: string;
}

export const redisNeed: ServerNeed = { command: 'redis-server', package: 'redis-server', image: 'redis:7-bookworm' };
export const natsNeed: ServerNeed = { command: 'nats-server', package: 'nats-server', image: 'nats:2.12' };

/** A thing that must be there and cannot be had; its message is one line for the user that says what to do. */
export class MissingPrerequisite extends Error {
  override readonly name = 'MissingPrerequisite';
}

/** Finds the server on PATH, else installs it (root on Debian or Ubuntu, announced), else falls back to its image on Docker. */
export async function provideServer(need: ServerNeed, say: (line: string) => void): Promise<ServerProgram> {
  const found = await findOnPath(need.command);
  if (found !== undefined) return { kind: 'path', command: found };
  if (await canInstall()) {
    say(`Installing ${need.package} with apt-get, because ${need.command} is not on PATH`);
    await aptInstall([need.package]);
    const installed = await findOnPath(need.command);
    if (installed !== undefined) return { kind: 'path', command: installed };
  }
  if ((await pingDocker()) === undefined) {
    say(`Running ${need.command} as a container of ${need.image}, because it is not on PATH`);
    return { kind: 'container', image: need.image };
  }
  throw new MissingPrerequisite(
    `${need.command} is not on PATH and Docker cannot be reached: install ${need.package} and start again`,
  );
}

/** Makes sure that a Docker Engine answers; installs and starts one only as root on Debian or Ubuntu, and says so. */
export async function provideDocker(say: (line: string) => void, logFile: string): Promise<void> {
  const problem = await pingDocker();
  if (problem === undefined) return;
  if (process.env['DOCKER_HOST'] === undefined && (await canInstall())) {
    if ((await findOnPath('dockerd')) === undefined) {
      say('Installing docker.io with apt-get, because there is no Docker Engine on this machine');
      await aptInstall(['docker.io', 'iproute2', 'iptables', 'nftables']);
    }
    say('Starting the Docker Engine (dockerd)');
    await startDockerd(logFile);
    if ((await pingDocker()) === undefined) return;
  }
  const cure =
    problem === 'EACCES'
      ? 'This user may not use it: join the group docker (sudo usermod -aG docker $USER, then log in again)'
      : 'Start Docker and run this again';
  throw new MissingPrerequisite(
    `Docker cannot be reached at ${dockerSocket() ?? process.env['DOCKER_HOST']} (${problem}). ${cure}, or use simulated nodes: npm start -- --runtime sim`,
  );
}

/** Why Docker does not answer, or undefined when it does. */
export async function pingDocker(): Promise<string | undefined> {
  const socketPath = dockerSocket();
  const target = socketPath === undefined ? tcpTarget(process.env['DOCKER_HOST'] ?? '') : { socketPath };
  if (target === undefined) return 'DOCKER_HOST is to be unix://PATH or tcp://HOST:PORT';
  return new Promise((resolve) => {
    const ping = request({ ...target, path: '/_ping', timeout: 5_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? undefined : `HTTP ${response.statusCode}`);
    });
    ping.once('timeout', () => ping.destroy(new Error('no answer within 5 s')));
    ping.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    ping.end();
  });
}

/** Path of the engine's socket; undefined when DOCKER_HOST names a TCP address. */
export function dockerSocket(): string | undefined {
  const host = process.env['DOCKER_HOST'];
  if (host === undefined || host === '') return '/var/run/docker.sock';
  return host.startsWith('unix://') ? host.slice('unix://'.length) : undefined;
}

function tcpTarget(host: string): { host: string; port: number } | undefined {
  const text = host.replace(/^tcp:/, 'http:');
  const url = /^https?:/.test(text) ? URL.parse(text) : null;
  if (url === null) return undefined;
  return { host: url.hostname, port: Number(url.port === '' ? 2375 : url.port) };
}

async function startDockerd(logFile: string): Promise<void> {
  await makeFolder(dirname(logFile));
  const quoted = `'${logFile.replaceAll("'", "'\\''")}'`;
  const daemon = spawn(
    'sh',
    [
      '-c',
      `(systemctl start docker || service docker start) 2>/dev/null; docker info >/dev/null 2>&1 || exec dockerd >>${quoted} 2>&1`,
    ],
    {
      stdio: 'ignore',
      detached: true,
    },
  );
  daemon.unref();
  const deadline = Date.now() + 60_000;
  while ((await pingDocker()) !== undefined && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function canInstall(): Promise<boolean> {
  if (process.getuid?.() !== 0 || (await findOnPath('apt-get')) === undefined) return false;
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release);
}

async function aptInstall(packages: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-q'], env);
  await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], env);
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new MissingPrerequisite(`${command} ${args.join(' ')} failed (${code}): ${output.trim().split('\n').at(-1)}`),
        );
    });
  });
}

async function findOnPath(command: string): Promise<string | undefined> {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin'];
  for (const folder of folders) {
    const path = join(folder, command);
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (folder !== '' && executable) return path;
  }
  return undefined;
}

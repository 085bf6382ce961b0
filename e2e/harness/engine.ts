import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EngineNetwork, networkNamespace } from './engine-network.ts';
import { must, run } from './run.ts';

/** A Docker Engine of its own, with images copied from the first. */
export interface SecondEngine {
  /** Value of DOCKER_HOST for its clients. */
  readonly host: string;
  docker(...args: string[]): Promise<string>;
  /** kill -9, and a new engine over the same data: containers that ran are gone or dead, as after a crash of the engine. */
  crash(): Promise<void>;
  /** It takes calls and does not answer, until it is told to go on. */
  hang(): { end(): void };
  /** Its disk has no room left, until the room is given back. */
  fillDisk(): Promise<{ free(): Promise<void> }>;
  stop(): Promise<void>;
}

export interface SecondEngineOptions {
  /** Size of the disk for its data, which then is a file system of its own. */
  diskMiB?: number;
  /** Where it has its networks; default: a namespace of its own. */
  network?: (name: string) => Promise<EngineNetwork>;
}

export async function startSecondEngine(
  name: string,
  images: readonly string[],
  { diskMiB, network: provide = networkNamespace }: SecondEngineOptions = {},
): Promise<SecondEngine> {
  const dir = await mkdtemp(join(tmpdir(), `kubus-engine-${name}-`));
  const data = join(dir, 'data');
  await mkdir(data);
  if (diskMiB !== undefined) await must('mount', ['-t', 'tmpfs', '-o', `size=${diskMiB}m`, 'tmpfs', data]);
  const socket = join(dir, 'docker.sock');
  const network = await provide(name);
  const host = `unix://${socket}`;
  const docker = (...args: string[]) => must('docker', ['-H', host, ...args], { timeoutMs: 300_000 });
  const containerdSocket = join(dir, 'containerd.sock');
  const log = openSync(join(dir, 'dockerd.log'), 'a');
  // As systemd runs it: containerd lives on when the engine is killed.
  const containerd = spawn(
    'containerd',
    [
      '--address',
      containerdSocket,
      '--root',
      join(dir, 'containerd'),
      '--state',
      join(dir, 'state'),
      '--config',
      '/dev/null',
    ],
    { stdio: ['ignore', log, log] },
  );
  const launch = async (): Promise<ChildProcess> => {
    const [command, ...args] = network.daemon([
      ...['-H', host, '--containerd', containerdSocket, '-p', join(dir, 'pid')],
      ...['--data-root', data, '--exec-root', join(dir, 'exec')],
    ]);
    const daemon = spawn(command, args, { stdio: ['ignore', log, log] });
    await answering(docker, daemon, join(dir, 'dockerd.log'));
    return daemon;
  };
  const end = async (signal: NodeJS.Signals) => {
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill(signal);
    await ended;
  };
  let daemon = await launch();
  for (const image of images) await must('sh', ['-c', `docker save ${image} | docker -H ${host} load`]);
  return {
    host,
    docker,
    crash: async () => {
      await end('SIGKILL');
      await rm(join(dir, 'pid'), { force: true });
      daemon = await launch();
    },
    hang: () => {
      const hung = daemon;
      hung.kill('SIGSTOP');
      return { end: () => void hung.kill('SIGCONT') };
    },
    fillDisk: async () => {
      if (diskMiB === undefined) throw new Error('its disk is that of the whole machine');
      const ballast = join(data, 'ballast');
      // Ends when nothing more goes in.
      await run('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4096']);
      return { free: () => rm(ballast) };
    },
    stop: async () => {
      await end('SIGTERM');
      containerd.kill('SIGKILL');
      await network.remove();
      await run('sh', ['-c', `grep -o '${dir}[^ ]*' /proc/mounts | sort -r | xargs -r umount -l`]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function answering(
  docker: (...args: string[]) => Promise<string>,
  daemon: ChildProcess,
  log: string,
): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (daemon.exitCode !== null)
      throw new Error(`dockerd ended with ${daemon.exitCode}: ${readFileSync(log, 'utf8').slice(-2000)}`);
    if (
      await docker('info').then(
        () => true,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the second engine does not answer');
}

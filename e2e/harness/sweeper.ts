import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const cli = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** Names the folder of a run to every program that it starts: services are given what begins with KUBUS_. */
const mark = 'KUBUS_TEST_RUN';

/**
 * Whatever becomes of this process, what it has started does not outlive it: a program that does nothing else waits for its end, and then ends servers and
 * engines, and removes containers and temporary files. After a run that has cleaned up for itself it finds nothing.
 */
export function sweepAfterwards(): void {
  const folder = mkdtempSync(join(tmpdir(), 'kubus-run-'));
  process.env['TMPDIR'] = folder;
  process.env[mark] = folder;
  // In a session of its own, which a Ctrl-C does not reach. Its standard input ends with us, also by kill -9.
  const sweeper = spawn(process.execPath, [fileURLToPath(import.meta.url), folder, `${process.pid}`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
    env: without(mark),
  });
  sweeper.unref();
}

function without(name: string): NodeJS.ProcessEnv {
  const { [name]: _, ...rest } = process.env;
  return rest;
}

async function sweep(folder: string, bench: string): Promise<void> {
  // Again: one that is killed may have been about to start another.
  for (let found = marked(folder), round = 0; found.length > 0 && round < 50; found = marked(folder), round++) {
    for (const pid of [...found, ...found.flatMap(descendants)]) kill(pid);
    await after(100);
  }
  await removeBareContainers(bench);
  for (const name of namesIn(folder)) {
    const dir = join(folder, name);
    if (hasCluster(dir)) await attempt(process.execPath, [cli, 'down', '--purge', '--dir', dir]);
  }
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  const below = mounts.flatMap((line) => line.split(' ')[1] ?? []).filter((path) => path.startsWith(`${folder}/`));
  for (const path of below.sort().reverse()) await attempt('umount', ['-l', path]);
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
}

/** Processes that were started with the mark of this run. */
function marked(folder: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && read(`/proc/${pid}/environ`).split('\0').includes(`${mark}=${folder}`));
}

/** Containers of an engine of the run have an environment of their own. */
function descendants(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended, or is somebody else's.
    return '';
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Somebody has removed it already.
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

const hasCluster = (dir: string): boolean => read(join(dir, 'cluster.json')) !== '';

/** What benchmarks make on the machine's engine without a cluster carries their process id in labels and networks' names. */
async function removeBareContainers(bench: string): Promise<void> {
  const own = new RegExp(`\\bbench(-floor)?-${bench}-`);
  const list = async (what: string[], format: string) =>
    (await attempt('docker', [...what, '--format', format]))
      .split('\n')
      .filter((line) => own.test(line))
      .flatMap((line) => line.split(' ')[0] ?? []);
  const containers = await list(['ps', '--all'], '{{.ID}} {{.Labels}}');
  if (containers.length > 0) await attempt('docker', ['rm', '--force', '--volumes', ...containers]);
  const networks = await list(['network', 'ls'], '{{.ID}} {{.Name}}');
  if (networks.length > 0) await attempt('docker', ['network', 'rm', ...networks]);
}

/** What it printed; '' when it failed: the rest is swept all the same. */
async function attempt(command: string, args: readonly string[]): Promise<string> {
  try {
    return (await exec(command, args, { timeout: 120_000 })).stdout;
  } catch {
    return '';
  }
}

if (import.meta.main) {
  const [folder = '', bench = ''] = process.argv.slice(2);
  process.stdin.resume().once('end', () => void sweep(folder, bench));
}

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Layout } from './layout.ts';

/** A program of the local cluster. */
export interface Program {
  /** Unique in the cluster; names its log and pid files: 'redis', 'api', 'node-1'. */
  name: string;
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** How long it may take to end after SIGTERM before it is killed; default 10,000. */
  stopTimeoutMs?: number;
}

interface Running {
  program: Program;
  child: ChildProcess;
  stopping: boolean;
  failures: number;
  startedAt: number;
  timer?: NodeJS.Timeout;
}

/**
 * Runs programs as children in process groups of their own, so that a Ctrl-C reaches only us and the order of stopping is ours.
 * A program that ends by itself is started again after 0.5 s, doubling to 30 s, and back to 0.5 s once it has run for a minute.
 */
export class Supervisor {
  readonly #layout: Layout;
  readonly #report: (message: string) => void;
  readonly #running = new Map<string, Running>();

  constructor(layout: Layout, report: (message: string) => void) {
    this.#layout = layout;
    this.#report = report;
  }

  async start(program: Program): Promise<void> {
    const entry: Running = {
      program,
      child: this.#spawn(program),
      stopping: false,
      failures: 0,
      startedAt: Date.now(),
    };
    this.#running.set(program.name, entry);
    await this.#watch(entry);
  }

  /** Ends the program and waits until it is gone. */
  async stop(name: string): Promise<void> {
    const entry = this.#running.get(name);
    if (entry === undefined) return;
    entry.stopping = true;
    clearTimeout(entry.timer);
    await endProcess(entry.child, entry.program.stopTimeoutMs ?? 10_000);
    this.#running.delete(name);
    await rm(this.#pidFile(name), { force: true });
  }

  /** Ends all of them at once, without waiting. */
  kill(): void {
    for (const entry of this.#running.values()) {
      entry.stopping = true;
      clearTimeout(entry.timer);
      entry.child.kill('SIGKILL');
    }
  }

  pid(name: string): number | undefined {
    return this.#running.get(name)?.child.pid;
  }

  #spawn(program: Program): ChildProcess {
    const log = openSync(join(this.#layout.logs, `${program.name}.log`), 'a');
    try {
      return spawn(program.command, program.args, {
        env: { ...program.env },
        stdio: ['ignore', log, log],
        detached: true,
      });
    } finally {
      closeSync(log);
    }
  }

  async #watch(entry: Running): Promise<void> {
    const { program, child } = entry;
    child.once('error', (error) => this.#report(`${program.name} cannot be started: ${error.message}`));
    child.once('exit', (code, signal) => this.#exited(entry, signal ?? `code ${code}`));
    if (child.pid !== undefined) {
      await writeFile(this.#pidFile(program.name), `${child.pid} ${processStart(child.pid)}\n`);
    }
  }

  #exited(entry: Running, how: string): void {
    if (entry.stopping) return;
    if (Date.now() - entry.startedAt > 60_000) entry.failures = 0;
    const delay = Math.min(30_000, 500 * 2 ** entry.failures++);
    const log = join(this.#layout.logs, `${entry.program.name}.log`);
    this.#report(`${entry.program.name} ended (${how}); starting it again in ${delay / 1000} s, see ${log}`);
    entry.timer = setTimeout(() => {
      entry.startedAt = Date.now();
      entry.child = this.#spawn(entry.program);
      void this.#watch(entry);
    }, delay);
  }

  #pidFile(name: string): string {
    return join(this.#layout.run, `${name}.pid`);
  }
}

function endProcess(child: ChildProcess, timeoutMs: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

/** Ends what an earlier `kubus up` left running when it was killed; a pid that now belongs to another program is left alone. */
export async function endLeftovers(layout: Layout, except: string): Promise<string[]> {
  const ended: string[] = [];
  for (const file of await readdir(layout.run)) {
    if (!file.endsWith('.pid') || file === except) continue;
    const path = join(layout.run, file);
    const pid = await livingPid(path);
    if (pid !== undefined) {
      await endPid(pid);
      ended.push(file.slice(0, -'.pid'.length));
    }
    await rm(path, { force: true });
  }
  // A server that is killed leaves its socket.
  for (const file of await readdir(layout.run))
    if (file.endsWith('.sock')) await rm(join(layout.run, file), { force: true });
  return ended;
}

/**
 * Makes this process the one that the pid file names. False when the one that it names lives. Of several that find the file of a dead one, whoever has the claim
 * on its removal removes it: otherwise the slower one would remove what the faster one has put there.
 */
export async function claimPidFile(path: string): Promise<boolean> {
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${process.pid} ${processStart(process.pid)}\n`);
  try {
    while (!(await linked(draft, path))) {
      if ((await livingPid(path)) !== undefined) return false;
      await removeDead(path);
    }
    return true;
  } finally {
    await rm(draft, { force: true });
  }
}

async function removeDead(path: string): Promise<void> {
  const claim = `${path}.removal`;
  if (!(await claimPidFile(claim))) return delay(20);
  try {
    if (await namesTheDead(path)) await rm(path, { force: true });
  } finally {
    await rm(claim, { force: true });
  }
}

/** It still names who is dead, who therefore cannot have removed it meanwhile for somebody else to take its place. */
async function namesTheDead(path: string): Promise<boolean> {
  const text = await textOf(path);
  return text !== undefined && livingOf(text) === undefined && (await textOf(path)) === text;
}

/** False when there is such a file. The content comes with the name. */
async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** The process of a pid file, if that very process still lives. */
export async function livingPid(path: string): Promise<number | undefined> {
  return livingOf((await textOf(path)) ?? '');
}

const textOf = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

function livingOf(text: string): number | undefined {
  const [pid, start] = text.trim().split(' ');
  if (pid === undefined || pid === '') return undefined;
  return processStart(Number(pid)) === start && start !== '' ? Number(pid) : undefined;
}

async function endPid(pid: number, timeoutMs = 10_000): Promise<void> {
  const start = processStart(pid);
  const deadline = Date.now() + timeoutMs;
  process.kill(pid, 'SIGTERM');
  while (processStart(pid) === start) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Tells two processes with the same pid apart: the start time of the process in clock ticks since boot (proc(5), field 22),
 * '' when there is no such process. Where there is no /proc only the pid itself is known.
 */
export function processStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    if (process.platform === 'linux') return '';
  }
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch {
    return '';
  }
}

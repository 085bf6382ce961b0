import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { freePort } from '@kubus/testkit';
import { Redis } from 'ioredis';
import type { Cluster } from '../cluster.ts';
import { loseChangeLog } from '../lose-change-log.ts';
import type { OtherVersion } from '../other-version.ts';
import type { EngineFaults } from './engine-faults.ts';
import type { Network } from './network.ts';
import type { Fault } from './schedule.ts';

/** Does faults to a cluster of processes (Linux: it reads /proc). */
export class Injector {
  readonly #cluster: Cluster;
  readonly #engine: EngineFaults | undefined;
  readonly #network: Network | undefined;
  readonly #other: OtherVersion | undefined;
  /** Services of which what is started now is of this version, though the cluster is of another. */
  readonly #takenOver = new Set<string>();
  /** One replacement at a time, however long the programs take to start. */
  #replacing: Promise<void> = Promise.resolve();
  readonly #paused = new Set<Process>();
  readonly #extra = new Set<ChildProcess>();

  constructor(
    cluster: Cluster,
    { engine, network, other }: { engine?: EngineFaults; network?: Network; other?: OtherVersion } = {},
  ) {
    this.#cluster = cluster;
    this.#engine = engine;
    this.#network = network;
    this.#other = other;
  }

  /** Resolves when the fault is over; programs that were killed may still be starting. */
  async inject(fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'kill':
        for (const target of await this.#processes(fault.programs)) target.signal('SIGKILL');
        return;
      case 'pause':
        return this.#pause(fault.programs, fault.forMs);
      case 'restart':
        for (const program of fault.programs) await this.#restart(program);
        return;
      case 'replace':
        this.#replacing = this.#replacing.then(() => this.#replace(fault));
        return this.#replacing;
      case 'scale':
        return this.#scale(fault);
      case 'loseQueues':
        return this.#loseQueues();
      case 'loseChangeLog':
        return this.#loseChangeLog();
      case 'network':
        return this.#network?.inject(fault);
      default:
        return this.#engine?.inject(fault);
    }
  }

  /** Ends what is still going on: nothing stays paused, no replica too many. */
  async end(): Promise<void> {
    for (const target of this.#paused) target.signal('SIGCONT');
    await Promise.all([...this.#extra].map((child) => endChild(child, 'SIGTERM')));
  }

  async #pause(programs: readonly string[], forMs: number): Promise<void> {
    const targets = await this.#processes(programs);
    for (const target of targets) {
      target.signal('SIGSTOP');
      this.#paused.add(target);
    }
    await after(forMs);
    for (const target of targets) {
      target.signal('SIGCONT');
      this.#paused.delete(target);
    }
  }

  /** Waits until its successor is there, at most half a minute: others may be killing it meanwhile. */
  async #restart(program: string): Promise<void> {
    const [former] = await this.#processes([program]);
    former?.signal('SIGTERM');
    for (let i = 0; i < 300; i++) {
      const [now] = await this.#processes([program]);
      if (now !== undefined && now.pid !== former?.pid) return;
      await after(100);
    }
  }

  async #replace({ service, programs, by }: Extract<Fault, { kind: 'replace' }>): Promise<void> {
    const takeOver = by === 'this version';
    if (takeOver !== this.#takenOver.has(service)) {
      await (takeOver ? this.#other?.takeOver(service) : this.#other?.giveBack(service));
      if (takeOver) this.#takenOver.add(service);
      else this.#takenOver.delete(service);
    }
    for (const program of programs) await this.#restart(program);
  }

  async #scale({ program, forMs, end }: Extract<Fault, { kind: 'scale' }>): Promise<void> {
    const [model] = await this.#processes([program]);
    if (model === undefined) return;
    const [command = '', ...args] = nulSeparated(`/proc/${model.pid}/cmdline`);
    const env = Object.fromEntries(nulSeparated(`/proc/${model.pid}/environ`).map((line) => line.split(/=(.*)/s)));
    if (env['KUBUS_API_LISTEN'] !== undefined) env['KUBUS_API_LISTEN'] = `127.0.0.1:${await freePort()}`;
    const log = openSync(join(this.#cluster.stateDir, 'logs', `${program}-extra.log`), 'a');
    const child = spawn(command, args, { env, stdio: ['ignore', log, log] });
    this.#extra.add(child);
    await after(forMs);
    await endChild(child, end);
    this.#extra.delete(child);
  }

  async #loseChangeLog(): Promise<void> {
    const targets = await this.#processes(['nats']);
    await loseChangeLog(this.#cluster.stateDir, (signal) => {
      for (const target of targets) target.signal(signal);
    });
  }

  async #loseQueues(): Promise<void> {
    const url = (await readFile(join(this.#cluster.stateDir, 'state/services/api/redis.url'), 'utf8')).trim();
    const redis = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
    redis.on('error', () => undefined);
    try {
      for (let i = 0; i < 3; i++) {
        const keys = await redis.keys('bull:*');
        if (keys.length > 0) await redis.unlink(...keys);
      }
    } catch {
      // Redis was killed a moment ago: another fault has this one's place.
    } finally {
      redis.disconnect();
    }
  }

  /** Those of the programs that run now. */
  async #processes(programs: readonly string[]): Promise<Process[]> {
    const found: Process[] = [];
    for (const program of programs) {
      const file = join(this.#cluster.stateDir, 'run', `${program}.pid`);
      const [pid, start] = (await readFile(file, 'utf8').catch(() => '')).trim().split(' ');
      if (pid !== undefined && start !== undefined && startOf(Number(pid)) === start)
        found.push(new Process(Number(pid), start));
    }
    return found;
  }
}

/** One process, and not the next one with its number. */
class Process {
  readonly pid: number;
  readonly #start: string;

  constructor(pid: number, start: string) {
    this.pid = pid;
    this.#start = start;
  }

  signal(signal: NodeJS.Signals): void {
    if (startOf(this.pid) === this.#start) process.kill(this.pid, signal);
  }
}

/** proc(5), field 22; '' when there is no such process. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

const nulSeparated = (path: string) => readFileSync(path, 'utf8').split('\0').slice(0, -1);

async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

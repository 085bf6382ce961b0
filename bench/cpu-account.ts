import { readdirSync, readFileSync } from 'node:fs';

/** Processor time in seconds by group of processes. */
export type Account = ReadonlyMap<string, number>;

/** The first pattern that the command line of a process matches names its group. `own`: only below this process, for other clusters may run beside it. */
const groups: readonly { name: string; pattern: RegExp; own: boolean }[] = [
  { name: 'agents', pattern: /services\/node-agent/, own: true },
  { name: 'api', pattern: /services\/api/, own: true },
  { name: 'controller-manager', pattern: /services\/controller-manager/, own: true },
  { name: 'scheduler', pattern: /services\/scheduler/, own: true },
  { name: 'redis', pattern: /redis-server/, own: true },
  { name: 'nats', pattern: /nats-server/, own: true },
  { name: 'shims and runc', pattern: /containerd-shim/, own: false },
  // Before containerd, which its command line may name.
  { name: 'dockerd', pattern: /dockerd/, own: false },
  { name: 'containerd', pattern: /containerd( |$)/, own: false },
];
const others = 'others';

/**
 * What the processes of a cluster and of its engines have used until now, their ended children included. `others` is the rest of what the machine did: this
 * process, clients, and what has ended unseen, as the shims of containers that were removed.
 */
export function readAccount(): Account {
  const account = new Map<string, number>();
  const processes = new Map<number, Process>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const process = read(pid);
    if (process !== undefined) processes.set(Number(pid), process);
  }
  for (const found of processes.values()) {
    const group = groups.find(({ pattern, own }) => pattern.test(found.command) && (!own || isBelow(found, processes)));
    if (group !== undefined) account.set(group.name, (account.get(group.name) ?? 0) + found.seconds);
  }
  const known = [...account.values()].reduce((sum, seconds) => sum + seconds, 0);
  return account.set(others, machineSeconds() - known);
}

function isBelow({ parent }: Process, processes: ReadonlyMap<number, Process>): boolean {
  const next = processes.get(parent);
  return parent === process.pid || (next !== undefined && isBelow(next, processes));
}

/** What was used between two readings, the largest first, as text. */
export function describeUse(before: Account, after: Account): string {
  return [...after]
    .map(([name, seconds]): [string, number] => [name, seconds - (before.get(name) ?? 0)])
    .filter(([, seconds]) => Math.abs(seconds) >= 0.01)
    .sort(([, a], [, b]) => b - a)
    .map(([name, seconds]) => `${name} ${seconds.toFixed(2)}`)
    .join(', ');
}

interface Process {
  command: string;
  parent: number;
  seconds: number;
}

function read(pid: string): Process | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    // ppid; utime, stime, cutime and cstime in ticks of 10 ms (proc_pid_stat(5)).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const seconds = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100;
    return { command, parent: Number(fields[1]), seconds };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

/** Processor time of the machine since its start: all that is not idle, waiting or stolen (proc_stat(5)). */
export function machineSeconds(): number {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = first.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) / 100;
}

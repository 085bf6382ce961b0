import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

/** One row of a benchmark's outcome: a figure beside its floor or peer of the same run. */
export interface Figure {
  /** What was measured, with its parameters: 'create over the bus, 64 in flight'. */
  what: string;
  value: number;
  unit: string;
  /** Floor or peer of the same run, in the same unit. */
  beside?: { what: string; value: number };
  /** The figure to reach, as the reader should read it: '>= 40% of the bare commit'. */
  target?: string;
  reached?: boolean;
}

/** A benchmark: one file of this folder, its default export. */
export interface Benchmark {
  name: string;
  /** What it does, one sentence. */
  about: string;
  run(say: (line: string) => void): Promise<Figure[]>;
}

const file = fileURLToPath(new URL('results.json', import.meta.url));

interface Results {
  machine: Record<string, string>;
  benchmarks: Record<string, { measuredAt: string; figures: Figure[] }>;
}

function describeMachine(): Record<string, string> {
  const version = (command: string, ...args: string[]) => {
    try {
      return execFileSync(command, args, { encoding: 'utf8' }).trim().split('\n')[0] ?? '';
    } catch {
      return 'none';
    }
  };
  return {
    cpu: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: release(),
    node: process.version,
    redis: version('redis-server', '--version').split(' ').slice(0, 3).join(' '),
    nats: version('nats-server', '--version'),
    docker: version('docker', 'version', '--format', '{{.Server.Version}}'),
  };
}

/** Adds the outcome of one benchmark to results.json; the others keep theirs. */
export function record(name: string, figures: Figure[]): void {
  const former = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : { benchmarks: {} };
  const results: Results = {
    machine: describeMachine(),
    benchmarks: { ...former.benchmarks, [name]: { measuredAt: new Date().toISOString(), figures } },
  };
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}

export function format(figure: Figure): string {
  const beside = figure.beside;
  const ratio =
    beside === undefined
      ? ''
      : `  (${beside.what}: ${round(beside.value)}, ratio ${(figure.value / beside.value).toFixed(2)})`;
  const target =
    figure.target === undefined
      ? ''
      : `  [to reach: ${figure.target}${figure.reached === undefined ? '' : figure.reached ? ', reached' : ', NOT reached'}]`;
  return `  ${figure.what}: ${round(figure.value)} ${figure.unit}${ratio}${target}`;
}

const round = (value: number) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3));

/** The value below which the given share (0 to 1) of the sample lies. */
export function percentile(sample: readonly number[], share: number): number {
  const sorted = Float64Array.from(sample).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (sample: readonly number[]): number => percentile(sample, 0.5);

/** Calls `work(i)` for i from 0 to count-1 with at most `inFlight` at once; gives back the rate per second. */
export async function rate(count: number, inFlight: number, work: (i: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const started = performance.now();
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return count / ((performance.now() - started) / 1000);
}

/** Processor time that a process has used, seconds. */
export function cpuSeconds(pid: number | undefined): number {
  // After the name in parentheses, utime and stime are the 12th and 13th field, in ticks of 10 ms (proc_pid_stat(5)).
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory that a process has for itself plus its share of what it has in common with others (proc_pid_smaps(5), Pss). */
export function pssMiB(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) / 1024;
}

import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  input?: string;
  cwd?: string;
  timeoutMs?: number;
}

/** A program that is spoken with while it runs. */
export interface Running {
  readonly input: Writable;
  /** What it has printed up to now. */
  stdout(): string;
  /** Its exit code; 1 when it was killed. */
  readonly ended: Promise<number>;
  kill(): void;
}

export function begin(command: string, args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
  return { input: child.stdin, stdout: () => stdout, ended, kill: () => void child.kill() };
}

/** Runs a program to its end; never rejects for its exit code. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...options.env },
      cwd: options.cwd,
      stdio: 'pipe',
      timeout: options.timeoutMs ?? 120_000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code: code ?? 1, stdout, stderr: signal ? `${stderr}\n${signal}` : stderr }),
    );
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** The same, but a failure is an error that shows what was printed. */
export async function must(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const output = await run(command, args, options);
  if (output.code !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${output.code}\n${output.stdout}\n${output.stderr}`);
  }
  return output.stdout;
}

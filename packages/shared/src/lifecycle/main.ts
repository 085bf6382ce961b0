import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { ZodType } from 'zod';
import { type Environment, parseSettings, SettingsError } from '../settings/index.ts';
import { createLogger } from '../telemetry/index.ts';
import { growHeapFreely } from './heap-growth.ts';
import { IdleMemory } from './idle-memory.ts';
import { tuneYoungCollections } from './young-collections.ts';

/** Exit codes: settings that cannot be used (sysexits.h EX_CONFIG), and a failure of the service. */
const EXIT_SETTINGS = 78;
const EXIT_FAILURE = 1;

export interface Service {
  stop(): Promise<void>;
}

export interface ServiceContext {
  service: string;
  /** Unique among running processes; for logs, health and metrics. */
  instance: string;
  log: Logger;
  /** Ends the service and the process with exit code 1: for errors that leave nothing to go on with. */
  fatal: (error: unknown) => void;
}

/** The parts of `process` that a service's main uses. */
export interface ProcessLike {
  readonly env: Environment;
  readonly pid: number;
  readonly stderr: { write(text: string): unknown };
  on(event: string, listener: (value: unknown) => void): unknown;
  exit(code: number): void;
}

export interface MainOptions<S> {
  service: string;
  settings: ZodType<S>;
  start(settings: S, context: ServiceContext): Promise<Service>;
  /** How long stopping may take; then the process ends with exit code 1. Milliseconds, default 30,000. */
  stopTimeoutMs?: number;
  /** The same for the rest of a start that was under way, which may wait for a server that never comes. Milliseconds, default 3,000. */
  startRestMs?: number;
  process?: ProcessLike;
  log?: Logger;
}

/** `<host>-<pid>-<random>`; the random part tells a process from an earlier one with the same pid. */
export function newInstanceId(pid = process.pid): string {
  return `${hostname()}-${pid}-${randomBytes(3).toString('hex')}`;
}

/**
 * The main of a service: reads its settings from the environment, starts it, and stops it on SIGTERM and SIGINT (a second signal ends the process
 * at once). An error that nobody handled ends the process: its state is unknown, and whoever runs it starts it again.
 */
export async function runMain<S extends { KUBUS_LOG_LEVEL?: string | undefined }>(
  options: MainOptions<S>,
): Promise<void> {
  const host: ProcessLike = options.process ?? process;
  if (host === process) {
    tuneYoungCollections();
    growHeapFreely();
  }
  let settings: S;
  try {
    settings = parseSettings(options.settings, host.env);
  } catch (error) {
    return refuseSettings(options.service, host, error);
  }
  const instance = newInstanceId(host.pid);
  const level = settings.KUBUS_LOG_LEVEL ?? 'info';
  const log = options.log ?? createLogger({ service: options.service, instance, level });
  await new Main(options, settings, host, instance, log).run();
}

function refuseSettings(service: string, host: ProcessLike, error: unknown): void {
  if (!(error instanceof SettingsError)) throw error;
  host.stderr.write(`kubus ${service}: ${error.message}\n`);
  host.exit(EXIT_SETTINGS);
}

class Main<S> {
  readonly #options: MainOptions<S>;
  readonly #settings: S;
  readonly #host: ProcessLike;
  readonly #instance: string;
  readonly #log: Logger;
  #service: Service | undefined;
  #stopping = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MainOptions<S>, settings: S, host: ProcessLike, instance: string, log: Logger) {
    this.#options = options;
    this.#settings = settings;
    this.#host = host;
    this.#instance = instance;
    this.#log = log;
  }

  async run(): Promise<void> {
    for (const signal of ['SIGTERM', 'SIGINT']) this.#host.on(signal, () => this.#signalled(signal));
    for (const event of ['uncaughtException', 'unhandledRejection'])
      this.#host.on(event, (error) => this.#fatal(error));
    const { service } = this.#options;
    try {
      this.#service = await this.#options.start(this.#settings, {
        service,
        instance: this.#instance,
        log: this.#log,
        fatal: (error) => this.#fatal(error),
      });
    } catch (error) {
      if (error instanceof SettingsError) return refuseSettings(service, this.#host, error);
      return this.#fatal(error);
    }
    if (this.#host === process) new IdleMemory();
    // A signal that came while it was starting.
    if (this.#stopping) await this.#stop(0);
  }

  #signalled(signal: string): void {
    if (this.#stopping) {
      this.#exit(EXIT_FAILURE);
      return;
    }
    this.#stopping = true;
    this.#log.info({ signal }, 'Stopping');
    if (this.#service === undefined) this.#limit(this.#options.startRestMs ?? 3_000);
    else void this.#stop(0);
  }

  #fatal(err: unknown): void {
    this.#log.fatal({ err }, 'Ends on an error');
    if (this.#stopping || this.#service === undefined) {
      this.#exit(EXIT_FAILURE);
      return;
    }
    this.#stopping = true;
    void this.#stop(EXIT_FAILURE);
  }

  async #stop(code: number): Promise<void> {
    this.#limit(this.#options.stopTimeoutMs ?? 30_000);
    try {
      await this.#service?.stop();
    } catch (err) {
      this.#log.error({ err }, 'Could not be stopped cleanly');
    }
    clearTimeout(this.#timer);
    this.#exit(code);
  }

  #limit(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#log.error('Did not stop in time');
      this.#exit(EXIT_FAILURE);
    }, ms);
  }

  /** What was logged is written first. */
  #exit(code: number): void {
    this.#log.flush(() => this.#host.exit(code));
  }
}

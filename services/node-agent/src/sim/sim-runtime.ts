import { type Duplex, Readable } from 'node:stream';
import type { Usage } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import { formatTime } from '../pod/times.ts';
import {
  type Capacity,
  type ContainerRecord,
  type ContainerSpec,
  DialError,
  type ExecSession,
  type Runtime,
  type SandboxSpec,
} from '../runtime/contract.ts';
import { type Program, programOf } from './program.ts';

export interface SimDelays {
  /** From the start of a container until it runs; milliseconds. */
  startMs: number;
  /** From the request to end until it has ended; milliseconds. */
  stopMs: number;
}

/** Containers that only exist here: they start and end after a delay, and do nothing in between but what `programOf` makes of their command. */
export class SimRuntime implements Runtime {
  readonly version = 'sim://1.0.0';
  readonly recursiveReadOnly = false;
  readonly #delays: SimDelays;
  readonly #now: () => number;
  readonly #pods = new Map<string, Map<string, ContainerRecord>>();
  readonly #podOf = new Map<string, string>();
  readonly #programs = new Map<string, Program>();
  readonly #listeners = new Set<(podUid: string | undefined) => void>();
  #ids = 0;
  #addresses = 0;

  constructor(delays: SimDelays, now: () => number = Date.now) {
    this.#delays = delays;
    this.#now = now;
  }

  async capacity(): Promise<Capacity> {
    return {
      cpuMillis: 32_000,
      memoryBytes: 256 * 2 ** 30,
      storageBytes: 1024 * 2 ** 30,
      operatingSystem: 'Simulated',
      kernelVersion: '0',
      architecture: 'amd64',
    };
  }

  async containers(podUid?: string): Promise<ContainerRecord[]> {
    const of = podUid === undefined ? [...this.#pods.values()] : [this.#pods.get(podUid)];
    return of.flatMap((records) => [...(records?.values() ?? [])].map((record) => ({ ...record })));
  }

  watch(onChange: (podUid: string | undefined) => void): { stop(): void } {
    this.#listeners.add(onChange);
    return { stop: () => void this.#listeners.delete(onChange) };
  }

  async hasImage(): Promise<boolean> {
    return true;
  }

  async removeImage(): Promise<boolean> {
    return false;
  }

  async writtenBytes(): Promise<Map<string, number>> {
    return new Map();
  }

  async imageFiles(): Promise<Readable> {
    return Readable.from([]);
  }

  async imageId(): Promise<undefined> {
    return undefined;
  }

  async imageUser(): Promise<string> {
    return '';
  }

  async pullImage(): Promise<void> {}

  async createSandbox({ pod, attempt }: SandboxSpec): Promise<string> {
    return this.#add({ ...base(pod), container: '', attempt, sandboxAttempt: attempt });
  }

  async createContainer(spec: ContainerSpec): Promise<string> {
    const { pod, name, attempt, sandboxAttempt, round, image } = spec;
    const record = {
      ...{ ...base(pod), container: name, attempt, sandboxAttempt, image, imageId: `sim://${image}` },
      ...(round === undefined ? {} : { round }),
    };
    const id = this.#add(record);
    this.#programs.set(id, programOf(spec));
    return id;
  }

  /** What the container is played to use, each second. */
  usage(id: string): Usage {
    return this.#programs.get(id)?.usage ?? { cpuNanos: 0, memoryBytes: 0 };
  }

  #add(record: Omit<ContainerRecord, 'id'>): string {
    const id = `sim-${++this.#ids}`;
    const records = this.#pods.get(record.podUid) ?? new Map<string, ContainerRecord>();
    records.set(id, { ...record, id });
    this.#pods.set(record.podUid, records);
    this.#podOf.set(id, record.podUid);
    return id;
  }

  async start(id: string): Promise<void> {
    const record = this.#record(id);
    if (record === undefined || record.state !== 'created') return;
    // A sandbox is there at once: the delay is the pod's, not its parts'.
    if (record.container !== '') await after(this.#delays.startMs);
    if (this.#record(id) === undefined) return;
    record.state = 'running';
    record.startedAt = formatTime(this.#now());
    if (record.container === '') record.ips = [this.#address()];
    this.#changed(record.podUid);
    const { runsMs, exitCode = 0 } = this.#programs.get(id) ?? {};
    if (runsMs !== undefined) void after(runsMs).then(() => this.#exit(id, exitCode));
  }

  async stop(id: string): Promise<void> {
    const record = this.#record(id);
    if (record === undefined || record.state !== 'running') return;
    await after(this.#delays.stopMs);
    this.#exit(id, 0);
  }

  #exit(id: string, exitCode: number): void {
    const record = this.#record(id);
    if (record === undefined || record.state !== 'running') return;
    record.state = 'exited';
    record.exitCode = exitCode;
    record.finishedAt = formatTime(this.#now());
    this.#changed(record.podUid);
  }

  async update(): Promise<void> {}

  async remove(id: string): Promise<void> {
    const uid = this.#podOf.get(id);
    if (uid === undefined) return;
    this.#podOf.delete(id);
    this.#programs.delete(id);
    const records = this.#pods.get(uid);
    records?.delete(id);
    if (records?.size === 0) this.#pods.delete(uid);
    this.#changed(uid);
  }

  async environment(): Promise<undefined> {}

  async logs(): Promise<Readable> {
    return Readable.from([Buffer.from('This container is simulated and has no output.\n')]);
  }

  exec(): Promise<ExecSession> {
    return Promise.reject(notSimulated());
  }

  attach(): Promise<ExecSession> {
    return Promise.reject(notSimulated());
  }

  /** Their addresses are invented: whoever has them in this network is not meant. */
  dial(_sandbox: ContainerRecord, port: number): Promise<Duplex> {
    return Promise.reject(new DialError(`simulated containers listen on no port, ${port} neither`));
  }

  #record(id: string): ContainerRecord | undefined {
    return this.#pods.get(this.#podOf.get(id) ?? '')?.get(id);
  }

  #changed(uid: string): void {
    for (const listener of this.#listeners) listener(uid);
  }

  /** Addresses of 10.0.0.0/8, one after the other. */
  #address(): string {
    const n = ++this.#addresses;
    return `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
  }
}

const notSimulated = () => new StatusError('MethodNotAllowed', 'simulated containers run no commands');

const base = (pod: SandboxSpec['pod']) => ({
  podUid: pod.uid,
  podName: pod.name,
  podNamespace: pod.namespace,
  state: 'created' as const,
  image: '',
  imageId: '',
  ips: [],
});

const after = (ms: number) => (ms === 0 ? Promise.resolve() : new Promise<void>((resolve) => setTimeout(resolve, ms)));

import { randomBytes } from 'node:crypto';
import { type ContainerOptions, FakeContainer, type Program, Refusal } from './model.ts';

export interface EngineEvent {
  Type: 'container';
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
}

/** For so long a list shows a container as running after the event of its end. */
const listLagMs = 50;

/** The state of the fake engine and its rules; the rules are those of Docker Engine, seen on the real one by the runtime's contract tests. */
export class FakeEngine {
  readonly containers = new Map<string, FakeContainer>();
  readonly networks = new Map<string, { Id: string; Name: string; Labels: Record<string, string> }>();
  readonly images = new Set<string>();
  readonly listeners = new Set<(event: EngineEvent) => void>();
  readonly #programs: ReadonlyMap<string, Program>;
  /** Exit code of programs that end on SIGTERM. */
  exitOnTerm = 143;
  /** The engine's clock; milliseconds since 1970. */
  now = Date.now;
  #addresses = 1;

  /** Programs by their command line, words joined by spaces. */
  constructor(programs: ReadonlyMap<string, Program>) {
    this.#programs = programs;
  }

  list(labels: readonly string[]): FakeContainer[] {
    const wanted = labels.map((label) => label.split('='));
    return [...this.containers.values()].filter((c) =>
      wanted.every(([name = '', ...value]) => c.labels[name] === value.join('=')),
    );
  }

  container(id: string): FakeContainer {
    const found = this.containers.get(id);
    if (found === undefined) throw new Refusal(404, `No such container: ${id}`);
    return found;
  }

  create(name: string, options: ContainerOptions): FakeContainer {
    const other = [...this.containers.values()].find((c) => c.name === name);
    if (other !== undefined)
      throw new Refusal(409, `Conflict. The container name "/${name}" is already in use by container "${other.id}".`);
    if (!this.images.has(options.Image)) throw new Refusal(404, `No such image: ${options.Image}`);
    const container = new FakeContainer(name, options, this.#programOf(options));
    container.createdAt = new Date(this.now()).toISOString();
    this.containers.set(container.id, container);
    this.#tell(container, 'create');
    return container;
  }

  /** False when it runs already. */
  start(id: string): boolean {
    const container = this.container(id);
    if (container.state === 'running') return false;
    this.#join(container);
    const { startError, exit } = container.program;
    if (startError !== undefined) throw fail(container, 400, 127, startError);
    container.starts += 1;
    container.state = 'running';
    container.listedState = 'running';
    container.startedAt = new Date(this.now()).toISOString();
    this.#tell(container, 'start');
    if (exit !== undefined) container.timer = setTimeout(() => this.end(container, exit.code), exit.afterMs);
    return true;
  }

  /** Resolves when it has ended; undefined when it did not run. */
  stop(id: string, graceMs: number): Promise<void> | undefined {
    const container = this.container(id);
    if (container.state !== 'running') return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    container.ended.push(resolve);
    if (container.program.ignoresTerm !== true) this.end(container, this.exitOnTerm);
    else setTimeout(() => this.end(container, 137), graceMs);
    return promise;
  }

  /** Refuses to take away memory that is in use, which is all of 32 MiB here. */
  update(id: string, host: ContainerOptions['HostConfig'] = {}): void {
    const container = this.container(id);
    if ((host.Memory ?? 2 ** 40) < 32 * 2 ** 20) throw new Refusal(500, 'device or resource busy');
    container.options.HostConfig = { ...container.options.HostConfig, ...host };
  }

  remove(id: string, force: boolean): void {
    const container = this.container(id);
    if (container.state === 'running') {
      if (!force) throw new Refusal(409, `You cannot remove a running container ${id}.`);
      this.end(container, 137);
    }
    this.containers.delete(id);
    this.#tell(container, 'destroy');
  }

  end(container: FakeContainer, code: number): void {
    if (container.state !== 'running') return;
    clearTimeout(container.timer);
    container.state = 'exited';
    setTimeout(() => {
      container.listedState = 'exited';
    }, listLagMs);
    container.ip = '';
    container.exitCode = code;
    container.finishedAt = new Date(this.now()).toISOString();
    container.sayLastWords();
    for (const resolve of container.ended.splice(0)) resolve();
    this.#tell(container, 'die');
  }

  /** As when the daemon is restarted: nothing runs any more. */
  endAll(): void {
    for (const container of this.containers.values()) this.end(container, 137);
  }

  createNetwork(name: string, labels: Record<string, string>): string {
    const id = randomBytes(32).toString('hex');
    this.networks.set(id, { Id: id, Name: name, Labels: labels });
    return id;
  }

  #join(container: FakeContainer): void {
    const mode = container.options.HostConfig?.NetworkMode ?? 'bridge';
    if (mode === 'host' || mode === 'bridge' || mode === 'none') return;
    if (!mode.startsWith('container:')) {
      if (!this.networks.has(mode)) throw fail(container, 404, 128, `network ${mode} not found`);
      container.ip = `10.9.${(this.#addresses >> 8) & 255}.${this.#addresses++ & 255}`;
      return;
    }
    const joined = this.containers.get(mode.slice('container:'.length));
    if (joined === undefined) throw fail(container, 404, 128, `No such container: ${mode}`);
    if (joined.state !== 'running')
      throw fail(container, 409, 128, `cannot join network of a non running container: ${joined.id}`);
  }

  #programOf(options: ContainerOptions): Program {
    const line = [...(options.Entrypoint ?? []), ...(options.Cmd ?? [])].join(' ');
    // The sandbox's image brings its own command.
    if (line === '' && options.Image.startsWith('kubus-sandbox:')) return {};
    const program = this.#programs.get(line);
    if (program === undefined) throw new Refusal(501, `the fake engine has no program for: ${line}`);
    return program;
  }

  #tell(container: FakeContainer, action: string): void {
    const Attributes = { ...container.labels, name: container.name };
    const event: EngineEvent = { Type: 'container', Action: action, Actor: { ID: container.id, Attributes } };
    for (const listener of this.listeners) listener(event);
  }
}

/** A refused start leaves its traces in the container. */
function fail(container: FakeContainer, status: number, exitCode: number, message: string): Refusal {
  container.exitCode = exitCode;
  container.error = message;
  return new Refusal(status, message);
}

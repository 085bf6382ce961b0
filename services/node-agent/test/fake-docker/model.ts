import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';

/** What a command does in the fake engine. */
export interface Program {
  /** Ends by itself with this exit code after so many milliseconds; absent: runs until it is stopped. */
  exit?: { code: number; afterMs: number };
  /** Does not end on SIGTERM. */
  ignoresTerm?: boolean;
  /** Lines for stdout. */
  output?: readonly string[];
  /** Written to its termination log when it ends. */
  lastWords?: string;
  /** The engine refuses to start it. */
  startError?: string;
}

export interface ContainerOptions {
  Image: string;
  Labels?: Record<string, string>;
  Cmd?: string[];
  Entrypoint?: string[];
  Env?: string[];
  Tty?: boolean;
  HostConfig?: { NetworkMode?: string; Mounts?: { Source: string; Target: string }[]; Memory?: number };
  [other: string]: unknown;
}

/** An answer other than success, as the engine's API gives it. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type ContainerState = 'created' | 'running' | 'exited';

export class FakeContainer {
  readonly id = randomBytes(32).toString('hex');
  readonly name: string;
  readonly options: ContainerOptions;
  readonly program: Program;
  state: ContainerState = 'created';
  /** What lists show: they lag behind the end of a container. */
  listedState: ContainerState = 'created';
  exitCode = 0;
  error = '';
  startedAt = '0001-01-01T00:00:00Z';
  finishedAt = '0001-01-01T00:00:00Z';
  ip = '';
  /** How often it was really started. */
  starts = 0;
  timer: NodeJS.Timeout | undefined;
  readonly ended: (() => void)[] = [];
  createdAt = '0001-01-01T00:00:00Z';

  constructor(name: string, options: ContainerOptions, program: Program) {
    this.name = name;
    this.options = options;
    this.program = program;
  }

  get labels(): Record<string, string> {
    return this.options.Labels ?? {};
  }

  sayLastWords(): void {
    const { lastWords } = this.program;
    const file = this.options.HostConfig?.Mounts?.find(({ Target }) => Target === '/dev/termination-log');
    if (lastWords !== undefined && file !== undefined) writeFileSync(file.Source, lastWords);
  }

  get network(): object {
    const { ip } = this;
    return { Networks: ip === '' ? {} : { pods: { IPAddress: ip, GlobalIPv6Address: '' } } };
  }

  listed(): object {
    const { id, name, options, listedState } = this;
    return {
      Id: id,
      Names: [`/${name}`],
      Image: options.Image,
      ImageID: 'sha256:1',
      Labels: this.labels,
      State: listedState,
      NetworkSettings: this.network,
    };
  }

  inspected(): object {
    const { id, options, state } = this;
    return {
      Id: id,
      Created: this.createdAt,
      Image: 'sha256:1',
      Config: { Image: options.Image, Tty: options.Tty === true, Env: options.Env ?? [], Labels: this.labels },
      HostConfig: options.HostConfig ?? {},
      NetworkSettings: this.network,
      State: {
        Status: state,
        Running: state === 'running',
        ExitCode: this.exitCode,
        Error: this.error,
        OOMKilled: false,
        StartedAt: this.startedAt,
        FinishedAt: this.finishedAt,
      },
    };
  }
}

import type { Duplex, Readable } from 'node:stream';
import type { RegistryAuth } from '../images/credentials.ts';
import type { Cgroup } from './cgroup.ts';

/**
 * What the agent asks of the thing that runs containers. Two implementations: `docker` and `sim`. Everything it makes carries the pod's uid,
 * and every call may be repeated: making what exists, starting what runs and removing what is gone succeed without doing anything.
 */
export interface Runtime {
  /** 'docker://20.10.24' */
  readonly version: string;
  /** What is mounted below a read-only mount can be made read-only too (KEP-3857). */
  readonly recursiveReadOnly: boolean;
  capacity(): Promise<Capacity>;
  /** Containers of this node's pods, dead ones included; of one pod when `podUid` is given. */
  containers(podUid?: string): Promise<ContainerRecord[]>;
  /** Calls back with the uid of a pod whose containers changed, or with undefined when anything may have (connection lost and made anew). */
  watch(onChange: (podUid: string | undefined) => void): { stop(): void };
  hasImage(image: string): Promise<boolean>;
  /** What the image is, whatever it is called; undefined when it is not there. */
  imageId(image: string): Promise<string | undefined>;
  /** False when a container uses it, or it is gone. */
  removeImage(image: string): Promise<boolean>;
  /** Bytes that containers of this node have written, by id. Costs the engine a look at their files. */
  writtenBytes(): Promise<Map<string, number>>;
  /** USER of an image that is there; '' when it has none. */
  imageUser(image: string): Promise<string>;
  /** The files of an image that is there, as a tar archive. */
  imageFiles(image: string): Promise<Readable>;
  /** Throws ImageError. Without `auth` as anybody. */
  pullImage(image: string, auth?: RegistryAuth): Promise<void>;
  /** Gives back the id; undefined when this very attempt was made before (look again). */
  createSandbox(sandbox: SandboxSpec): Promise<string | undefined>;
  createContainer(container: ContainerSpec): Promise<string | undefined>;
  /**
   * Throws ContainerStartError when the container cannot be started (bad option), CommandError when its command cannot be executed: then it has ended. Does nothing when it is gone, and removes it when the sandbox
   * that it was made for has ended: look again.
   */
  start(id: string): Promise<void>;
  /** Asks the container to end, and kills it after `graceSeconds`. Resolves when it has ended. */
  stop(id: string, graceSeconds: number): Promise<void>;
  /** Changes the limits of a container that runs; does nothing when it is gone. Throws ContainerStartError when that cannot be. */
  update(id: string, cgroup: Cgroup): Promise<void>;
  remove(id: string): Promise<void>;
  /** Variables that a container was made with, those of its image too; undefined when it is gone. */
  environment(id: string): Promise<[name: string, value: string][] | undefined>;
  logs(id: string, options: LogOptions): Promise<Readable>;
  exec(id: string, options: ExecOptions): Promise<ExecSession>;
  attach(id: string, options: Omit<ExecOptions, 'command'>): Promise<ExecSession>;
  /** Connects to a port of a running sandbox. Throws DialError when nobody takes the connection. */
  dial(sandbox: ContainerRecord, port: number, options: DialOptions): Promise<Duplex>;
}

export interface DialOptions {
  /** Whether what listens on the loopback interface inside of the pod is meant too. */
  loopback: boolean;
}

/** Kubernetes: `status.images` of a Node. */
export interface NodeImage {
  names: string[];
  sizeBytes: number;
}

export interface Capacity {
  cpuMillis: number;
  memoryBytes: number;
  storageBytes: number;
  operatingSystem: string;
  kernelVersion: string;
  architecture: string;
  /** Names by which a RuntimeClass may ask for another way to run containers than the default; absent: none. */
  runtimeHandlers?: readonly string[];
  /** Bytes; absent where nobody can tell. */
  swapBytes?: number;
  /** Bytes set aside in huge pages, by resource ('hugepages-2Mi'); absent where nobody can tell. */
  hugePages?: ReadonlyMap<string, number>;
}

/** A container as the runtime shows it. */
export interface ContainerRecord {
  id: string;
  podUid: string;
  podName: string;
  podNamespace: string;
  /** Name in the pod; '' for the sandbox. */
  container: string;
  /** 0 for the first start in the pod's life, one more for each restart. */
  attempt: number;
  /** Attempt of the sandbox that it was made for (its own, for the sandbox). */
  sandboxAttempt: number;
  /** Of a sandbox: what runs it and its containers; absent: the default. */
  handler?: string;
  /** How many times all containers of the pod had been restarted together before; absent: never. */
  round?: number;
  state: 'created' | 'running' | 'exited';
  image: string;
  imageId: string;
  /** What asks it to end, once it has been started: 'SIGTERM'. */
  stopSignal?: string;
  /** RFC 3339, whole seconds. */
  startedAt?: string;
  finishedAt?: string;
  exitCode?: number;
  oomKilled?: boolean;
  /** Why it could not be started. */
  error?: string;
  /** Limits of a running container, where the runtime has some. */
  cgroup?: Cgroup;
  /** Addresses of a running sandbox. */
  ips: string[];
}

export interface PodIdentity {
  uid: string;
  name: string;
  namespace: string;
}

export interface SandboxSpec {
  pod: PodIdentity;
  hostname: string;
  hostNetwork: boolean;
  hostPid: boolean;
  hostIpc: boolean;
  /** Its containers see each other's processes. */
  sharedPid: boolean;
  sysctls: readonly (readonly [name: string, value: string])[];
  ports: { containerPort: number; hostPort: number; protocol: string; hostIP?: string }[];
  attempt: number;
  /** One of `runtimeHandlers`; default the runtime's own. */
  handler?: string;
}

export interface ContainerSpec {
  pod: PodIdentity;
  name: string;
  attempt: number;
  image: string;
  command?: readonly string[];
  args?: readonly string[];
  workingDir?: string;
  env: readonly [name: string, value: string][];
  sandboxId: string;
  sandboxAttempt: number;
  /** That of the sandbox. */
  handler?: string;
  round?: number;
  hostIpc: boolean;
  /** Whose processes it sees: the node's, those of the container with this id, else its own. */
  processesOf?: { host: true } | { id: string };
  /** Default that of the image, else SIGTERM. */
  stopSignal?: string;
  tty: boolean;
  stdin: boolean;
  /** The end of the input of the first who joins it is the end of the container's. */
  stdinOnce: boolean;
  limits: { cpuMillis?: number; memoryBytes?: number };
  requests: { cpuMillis?: number };
  oomScoreAdj: number;
  security: ContainerSecurity;
  mounts: readonly ContainerMount[];
}

/** A file or folder of the node in a container. */
export interface ContainerMount {
  source: string;
  target: string;
  readOnly: boolean;
  propagation: 'rprivate' | 'rslave' | 'rshared';
  /** What is mounted below it is read-only too (KEP-3857). */
  recursiveReadOnly?: 'must' | 'ifPossible';
}

export interface ContainerSecurity {
  /** `user[:group]` */
  user?: string;
  /** Further groups; numbers. */
  groups: readonly string[];
  privileged: boolean;
  readOnlyRootFilesystem: boolean;
  allowPrivilegeEscalation: boolean;
  addCapabilities: readonly string[];
  dropCapabilities: readonly string[];
  /** `unconfined` or the text of a profile; default that of the runtime. */
  seccomp?: string;
  /** `unconfined` or the name of a profile that is loaded; default that of the runtime. */
  appArmor?: string;
  /** Nothing of /proc is hidden or read-only. */
  unmaskedProc: boolean;
}

export interface LogOptions {
  follow: boolean;
  timestamps: boolean;
  tailLines?: number;
  /** Unix seconds, with fractions. */
  since?: number;
  signal: AbortSignal;
}

export interface ExecOptions {
  command: readonly string[];
  tty: boolean;
  stdin: boolean;
}

/** Of a command's output; `stream` is 1 for stdout, which is everything with a tty, 2 for stderr. The memory of `data` is used again when it has been taken. */
export interface OutputPiece {
  stream: number;
  data: Buffer;
}

export interface ExecSession {
  /**
   * Hands on the output to its end; to be called once. It is read only as fast as it is taken: a client that does not read must not fill the agent's memory. Rejects when `take`
   * does, and when the session is destroyed before the end.
   */
  output(take: (piece: OutputPiece) => Promise<void>): Promise<void>;
  write(data: Uint8Array): Promise<void>;
  endInput(): void;
  resize(columns: number, rows: number): Promise<void>;
  /** Resolves when the command has ended and its output was read. */
  exitCode(): Promise<number>;
  /** Signals the command's process (SIGKILL), where the agent can reach it; not for sessions that joined a container. */
  kill?(signal?: NodeJS.Signals): Promise<void>;
  destroy(): void;
}

/** An image that cannot be had; `message` is the engine's. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}

/** The runtime refuses to create or start the container as specified. */
export class ContainerStartError extends Error {
  override readonly name = 'ContainerStartError';
}

/** The container's command is not there or may not be executed: it shows as ended from now on. */
export class CommandError extends ContainerStartError {}

/** No connection to a port of a pod; `message` says why, in the words of users of Kubernetes. */
export class DialError extends Error {
  override readonly name = 'DialError';
}

import type { Duplex, Readable } from 'node:stream';
import type { Logger } from '@kubus/shared/telemetry';
import type Docker from 'dockerode';
import type { RegistryAuth } from '../../images/credentials.ts';
import { type ContainerUsage, type NetworkUsage, PodNetworks } from '../../usage/index.ts';
import type { Cgroup } from '../cgroup.ts';
import {
  type Capacity,
  CommandError,
  type ContainerRecord,
  type ContainerSpec,
  ContainerStartError,
  type DialOptions,
  type ExecOptions,
  type ExecSession,
  type LogOptions,
  type NodeImage,
  type Runtime,
  type SandboxSpec,
} from '../contract.ts';
import { accepted, callWithin, messageOf, statusOf } from './calls.ts';
import { containerOptions, type LogRotation, sandboxOptions, updateOptions } from './create-options.ts';
import { couldNotExecute } from './details.ts';
import { Dialer } from './dial/index.ts';
import { endProcess, killProcess } from './ending.ts';
import { engineCapacity } from './engine-capacity.ts';
import { type ContainerChange, watchEvents } from './events.ts';
import { DockerImages } from './images.ts';
import { label, type NodeScope } from './labels.ts';
import { logBytes } from './log-sizes.ts';
import { openLogs } from './logs.ts';
import { canMountRecursively } from './mounts.ts';
import { lowestOomScoreAdj } from './oom-floor.ts';
import { connectSandbox, type OpenNetwork, openPodNetwork } from './open-network.ts';
import { removeLeftovers } from './own-containers.ts';
import { RecordReader } from './records.ts';
import { provideSandboxImage } from './sandbox-image.ts';
import { attachToContainer, execInContainer } from './sessions.ts';
import { engineSees } from './shared-files.ts';
import { DockerUsage } from './usage.ts';

/** Most that `ping` may take until the engine counts as down. */
const pingTimeoutMs = 5_000;

export interface DockerRuntimeOptions {
  docker: Docker;
  scope: NodeScope;
  log: Logger;
  /** Rotation of container logs; default 10 MiB, 5 files. */
  logs?: LogRotation;
  /** Most an ordinary call may take; milliseconds, default 120,000: an engine under load is slow, one that hangs for longer is asked again. */
  callTimeoutMs?: number;
}

interface EngineVersion {
  Version: string;
  ApiVersion?: string;
  Arch: string;
}

/** What was found out about the engine when it was opened. */
interface EngineFacts {
  version: string;
  image: string;
  network: OpenNetwork;
  oomFloor: number;
  recursiveReadOnly: boolean;
}

/** Containers on a Docker Engine. */
export class DockerRuntime implements Runtime {
  readonly version: string;
  readonly recursiveReadOnly: boolean;
  readonly #docker: Docker;
  readonly #options: Required<DockerRuntimeOptions>;
  readonly #records: RecordReader;
  readonly #usage: DockerUsage;
  readonly #sandboxImage: string;
  readonly #network: OpenNetwork;
  readonly #facts: EngineFacts;
  readonly #dialer = new Dialer((id) => this.#pidOf(id));
  readonly #networks = new PodNetworks(async (id) => this.#records.process(id)?.pid ?? (await this.#pidOf(id)));
  readonly #images: DockerImages;
  #dataDir: Promise<string> | undefined;

  /** Asks the engine who it is, and makes the sandbox image and the network of the cluster unless they exist. */
  static async open(options: DockerRuntimeOptions): Promise<DockerRuntime> {
    const logs = { maxSize: 10 * 2 ** 20, maxFiles: 5 };
    const settings = { callTimeoutMs: 120_000, logs, ...options };
    const { docker, scope } = settings;
    const version = (await callWithin(settings.callTimeoutMs, docker.version())) as EngineVersion;
    await removeLeftovers(docker, scope);
    const image = await provideSandboxImage(docker, version.Arch);
    const network = await openPodNetwork(docker, { architecture: version.Arch, image, scope, log: settings.log });
    const oomFloor = await lowestOomScoreAdj(docker, image, scope);
    if (oomFloor === 0)
      settings.log.warn('The engine cannot protect pods from the OOM killer: oom_score_adj below 0 is refused');
    const recursiveReadOnly = canMountRecursively(version.ApiVersion ?? '1.0');
    return new DockerRuntime(settings, { version: version.Version, image, network, oomFloor, recursiveReadOnly });
  }

  /** Use `open`. */
  constructor(options: Required<DockerRuntimeOptions>, facts: EngineFacts) {
    this.#options = options;
    this.#docker = options.docker;
    this.#records = new RecordReader(options.docker, options.scope);
    this.#usage = new DockerUsage(options.docker);
    this.#images = new DockerImages(options);
    this.version = `docker://${facts.version}`;
    this.recursiveReadOnly = facts.recursiveReadOnly;
    this.#sandboxImage = facts.image;
    this.#network = facts.network;
    this.#facts = facts;
  }

  /** Rejects when the engine does not answer. */
  async ping(): Promise<void> {
    await callWithin(pingTimeoutMs, this.#docker.ping());
  }

  capacity(): Promise<Capacity> {
    return this.#call(engineCapacity(this.#docker));
  }

  containers(podUid?: string): Promise<ContainerRecord[]> {
    if (podUid !== undefined) return this.#call(this.#records.ofPod(podUid));
    void this.#network.pods
      .heal()
      .catch((err: unknown) => this.#options.log.warn({ err }, 'The network of the pods could not be mended'));
    return this.#call(this.#records.all());
  }

  /** What running containers have used; of those that have ended meanwhile nothing. */
  usage(ids: readonly string[]): Promise<ContainerUsage[]> {
    return this.#usage.of(ids);
  }

  /** What went through the networks of sandboxes. */
  networkUsage(ids: readonly string[]): Promise<NetworkUsage[]> {
    return this.#networks.of(ids);
  }

  /** Bytes of a container's log; undefined where it cannot be seen. */
  async logBytes(id: string): Promise<number | undefined> {
    this.#dataDir ??= this.#call(this.#docker.info()).then(({ DockerRootDir }) => `${DockerRootDir}`);
    this.#dataDir.catch(() => {
      this.#dataDir = undefined;
    });
    return logBytes(await this.#dataDir, id);
  }

  async #pidOf(id: string): Promise<number | undefined> {
    const sandbox = await accepted(this.#call(this.#docker.getContainer(id).inspect()), 404);
    return sandbox?.State.Running === true ? sandbox.State.Pid : undefined;
  }

  watch(tell: (podUid: string | undefined) => void): { stop(): void } {
    const { scope, log } = this.#options;
    const onChange = (change: ContainerChange) => {
      this.#records.notice(change);
      tell(change.podUid);
    };
    const onOpen = () => {
      this.#records.follow(true);
      tell(undefined);
    };
    return watchEvents(this.#docker, scope, { onOpen, onLost: () => this.#records.follow(false), onChange }, log);
  }

  hasImage(image: string): Promise<boolean> {
    return this.#images.has(image);
  }

  images(): Promise<NodeImage[]> {
    return this.#images.list();
  }

  removeImage(image: string): Promise<boolean> {
    return this.#images.remove(image);
  }

  imageId(image: string): Promise<string | undefined> {
    return this.#images.id(image);
  }

  imageUser(image: string): Promise<string> {
    return this.#images.user(image);
  }

  imageFiles(image: string): Promise<Readable> {
    return this.#images.files(image);
  }

  pullImage(image: string, auth?: RegistryAuth): Promise<void> {
    return this.#images.pull(image, auth);
  }

  async writtenBytes(): Promise<Map<string, number>> {
    const { cluster, node } = this.#options.scope;
    const filters = { label: [`${label.cluster}=${cluster}`, `${label.node}=${node}`] };
    const listed = await this.#call(this.#docker.listContainers({ all: true, size: true, filters }));
    return new Map(listed.map(({ Id, ...rest }) => [Id, (rest as { SizeRw?: number }).SizeRw ?? 0]));
  }

  async createSandbox(sandbox: SandboxSpec): Promise<string | undefined> {
    const { scope } = this.#options;
    const place = await this.#call(this.#network.pods.place(sandbox));
    const image = place.unshares ? this.#network.unsharingImage : this.#sandboxImage;
    const options = sandboxOptions(sandbox, { image, place, scope, oomFloor: this.#facts.oomFloor });
    const engineConnects = !sandbox.hostNetwork && !place.unshares;
    return this.#create(options, engineConnects ? undefined : place.ips);
  }

  createContainer(container: ContainerSpec): Promise<string | undefined> {
    return this.#create(
      containerOptions(container, { ...this.#facts, scope: this.#options.scope, logs: this.#options.logs }),
    );
  }

  /** 409: the name is taken, so this very start was created before. */
  async #create(options: Docker.ContainerCreateOptions, ips?: readonly string[]): Promise<string | undefined> {
    try {
      const id = (await accepted(this.#call(this.#docker.createContainer(options)), 409))?.id;
      if (id === undefined) this.#records.madeBefore();
      else this.#records.made(id, options, ips);
      return id;
    } catch (cause) {
      if (statusOf(cause) === undefined) throw cause;
      throw new ContainerStartError(messageOf(cause), { cause });
    }
  }

  async start(id: string): Promise<void> {
    try {
      await accepted(this.#call(this.#docker.getContainer(id).start()), 304);
      this.#records.started(id);
    } catch (cause) {
      this.#records.suspect(id);
      if (statusOf(cause) === undefined) throw cause;
      const refused = await accepted(this.#call(this.#docker.getContainer(id).inspect()), 404);
      if (refused === undefined || (await this.#isObsolete(refused))) return;
      const Refusal = couldNotExecute(refused) ? CommandError : ContainerStartError;
      throw new Refusal(messageOf(cause), { cause });
    }
    await this.#connect(id);
  }

  /** A sandbox that cannot be connected must not stay: it would pass for one that is. */
  async #connect(id: string): Promise<void> {
    const ips = this.#records.addresses(id);
    if (ips.length === 0) return;
    try {
      const process = await this.#call(connectSandbox(this.#docker, this.#network.pods, id, ips));
      if (process !== undefined) this.#records.noteProcess(id, process);
    } catch (cause) {
      await this.remove(id);
      throw new ContainerStartError(`the sandbox could not be connected: ${messageOf(cause)}`, { cause });
    }
  }

  /**
   * A refused start, looked into: the sandbox or network that the container was to join may be gone. 404 and 409 alone do not tell
   * which. What can never start is removed; then there is nothing to start, and the next look at the pod shows what is to be made.
   */
  async #isObsolete({ Id: id, HostConfig }: Docker.ContainerInspectInfo): Promise<boolean> {
    const [kind, sandbox] = (HostConfig.NetworkMode ?? '').split(':');
    if (kind !== 'container' || sandbox === undefined) {
      // Perhaps the network is gone: the next sandbox has to find out.
      this.#network.pods.forget();
      return false;
    }
    const joined = await accepted(this.#call(this.#docker.getContainer(sandbox).inspect()), 404);
    if (joined?.State.Running === true) return false;
    await this.remove(id);
    return true;
  }

  async stop(id: string, graceSeconds: number): Promise<void> {
    const container = this.#docker.getContainer(id);
    const process = this.#records.process(id);
    const ending = process === undefined ? 'unreachable' : await endProcess(container, process, graceSeconds);
    if (ending !== 'ended') {
      const left = ending === 'stays' ? 0 : graceSeconds;
      await accepted(callWithin(left * 1000 + this.#options.callTimeoutMs, container.stop({ t: left })), 304, 404);
    }
    this.#records.suspect(id);
  }

  async update(id: string, cgroup: Cgroup): Promise<void> {
    try {
      await accepted(this.#call(this.#docker.getContainer(id).update(updateOptions(cgroup))), 404);
    } catch (cause) {
      if (statusOf(cause) === undefined) throw cause;
      throw new ContainerStartError(messageOf(cause), { cause });
    } finally {
      this.#records.suspect(id);
    }
  }

  async remove(id: string): Promise<void> {
    const container = this.#docker.getContainer(id);
    const process = this.#records.process(id);
    if (process !== undefined) await killProcess(container, process);
    // 409: its removal is under way.
    await accepted(this.#call(container.remove({ force: true, v: true })), 404, 409);
    this.#records.forget(id);
  }

  async environment(id: string): Promise<[string, string][] | undefined> {
    const container = await accepted(this.#call(this.#docker.getContainer(id).inspect()), 404);
    return container?.Config.Env?.map((line) => {
      const [name = ''] = line.split('=', 1);
      return [name, line.slice(name.length + 1)];
    });
  }

  /** Whether the engine finds a file of this machine at the same path. */
  sees(path: string): Promise<boolean> {
    return this.#call(engineSees(this.#docker, this.#sandboxImage, this.#options.scope, path));
  }

  logs(id: string, options: LogOptions): Promise<Readable> {
    return openLogs(this.#docker, id, options);
  }

  exec(id: string, options: ExecOptions): Promise<ExecSession> {
    return execInContainer(this.#docker, id, options);
  }

  attach(id: string, options: Omit<ExecOptions, 'command'>): Promise<ExecSession> {
    return attachToContainer(this.#docker, id, options);
  }

  dial(sandbox: ContainerRecord, port: number, options: DialOptions): Promise<Duplex> {
    return this.#dialer.dial(sandbox, port, options);
  }

  #call<T>(call: Promise<T>): Promise<T> {
    return callWithin(this.#options.callTimeoutMs, call);
  }
}

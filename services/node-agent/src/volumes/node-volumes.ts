import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StatusError } from '@kubus/shared/errors';
import type { Container, HostPathVolumeSource, Pod, Volume } from '@kubus/shared/schema';
import type { Logger } from '@kubus/shared/telemetry';
import { ConfigError, type ConfigSource, type PodFacts } from '../pod/env.ts';
import type { PodFiles } from '../pod-files/index.ts';
import type { ContainerMount } from '../runtime/contract.ts';
import { dataLink } from './atomic-writer.ts';
import { type ConfigWatches, configOf } from './config-watches.ts';
import { type MountStart, type PodVolumes, VolumeError, type VolumeFailure } from './contract.ts';
import { readEnvFile } from './env-file.ts';
import { filesIn, fillFromArchive } from './image-files.ts';
import { volumeMounts } from './mount-sources.ts';
import { mountHugePages, mountsBelow, mountTmpfs, unmount } from './mount-table.ts';
import { type Place, pluginOf } from './plugins.ts';
import type { Tokens } from './tokens.ts';

export interface NodeVolumesOptions {
  /** On the node's disk. */
  dir: string;
  /** On a file system in memory, if the node has one. */
  memoryDir: string;
  /** Objects as they are now, from the API. */
  config(pod: Pod): ConfigSource;
  watches: ConfigWatches;
  tokens: Tokens;
  facts(pod: Pod): Omit<PodFacts, 'podIPs'>;
  /** Makes sure of what a hostPath asks for; throws VolumeError. */
  hostPath(source: HostPathVolumeSource): Promise<void>;
  /** The agent can mount, and the engine sees it. */
  canMount(): Promise<boolean>;
  /** What the agent itself puts into containers. */
  files: PodFiles;
  log: Logger;
  now(): number;
}

/** What is known of a pod whose volumes are set up. */
interface Followed {
  pod: Pod;
  ends: (() => void)[];
  timer: NodeJS.Timeout | undefined;
  wake(): void;
}

/** After a refresh that failed, or whose token is still the old one. */
const retryMs = 10_000;
const longestTimerMs = 2 ** 31 - 1;

/** Volumes below two folders of the node, each with a folder for each pod by its uid. */
export class NodeVolumes implements PodVolumes {
  readonly #options: NodeVolumesOptions;
  readonly #uids: Set<string>;
  readonly #followed = new Map<string, Followed>();
  /** Pods whose volumes have old content because the API was away. */
  readonly #outdated = new Set<string>();
  /** `<uid> <container>`: folders are bound for a start of the container. */
  readonly #bound = new Set<string>();
  /** One piece of work at a time for each pod. */
  readonly #work = new Map<string, Promise<unknown>>();

  static async open(options: NodeVolumesOptions): Promise<NodeVolumes> {
    const uids = new Set<string>();
    for (const dir of [options.dir, options.memoryDir]) {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      for (const uid of await readdir(dir)) uids.add(uid);
    }
    return new NodeVolumes(options, uids);
  }

  /** Use `open`. */
  constructor(options: NodeVolumesOptions, uids: Set<string>) {
    this.#options = options;
    this.#uids = uids;
  }

  has(uid: string): boolean {
    return this.#uids.has(folderOf(uid));
  }

  uids(): string[] {
    return [...this.#uids];
  }

  setUp(pod: Pod, wake: () => void): Promise<VolumeFailure[]> {
    const uid = pod.metadata.uid ?? '';
    return this.#alone(uid, async () => {
      this.#uids.add(folderOf(uid));
      const failures = await this.#fill(pod, this.#options.config(pod));
      this.#follow(pod, wake);
      return failures;
    });
  }

  async isFilled(pod: Pod, volume: string): Promise<boolean> {
    return (await lstat(filesIn(this.diskPath(pod, volume))).catch(() => undefined)) !== undefined;
  }

  fill(pod: Pod, volume: string, files: () => Promise<Readable>): Promise<void> {
    const uid = pod.metadata.uid ?? '';
    return this.#alone(uid, async () => {
      this.#uids.add(folderOf(uid));
      await fillFromArchive(this.diskPath(pod, volume), files);
    });
  }

  async envFile(pod: Pod, name: string, path: string): Promise<string | undefined> {
    const volume = pod.spec?.volumes?.find((candidate) => candidate.name === name);
    if (volume === undefined) throw new ConfigError(`cannot find the volume "${name}" referenced by FileKeyRef`);
    return readEnvFile(pluginOf(volume).path(volume, this.#place(pod, volume)), path);
  }

  async mounts(pod: Pod, container: Container, start: MountStart): Promise<ContainerMount[]> {
    const volumes = new Map(
      (pod.spec?.volumes ?? []).map((volume) => {
        const plugin = pluginOf(volume);
        const { readOnly, fixed = false } = plugin;
        return [volume.name, { path: plugin.path(volume, this.#place(pod, volume)), readOnly, fixed }];
      }),
    );
    const dir = this.#disk(pod.metadata.uid ?? '');
    const base = join(dir, 'volume-subpaths');
    await mkdir(dir, { recursive: true });
    this.#uids.add(folderOf(pod.metadata.uid ?? ''));
    const mounts = await volumeMounts(container, start, {
      volumes,
      canMount: this.#options.canMount,
      subPaths: (name, index) => {
        this.#bound.add(`${pod.metadata.uid} ${name}`);
        return join(base, name, `${index}`);
      },
    });
    return [...mounts, ...(await this.#options.files(pod, container, { dir, podIPs: start.podIPs }))];
  }

  async started(pod: Pod, container: string): Promise<void> {
    const uid = pod.metadata.uid ?? '';
    if (!this.#bound.delete(`${uid} ${container}`)) return;
    const dir = join(this.#disk(uid), 'volume-subpaths', container);
    for (const { target } of await mountsBelow(dir)) await unmount(target);
  }

  remove(uid: string): Promise<void> {
    this.#unfollow(uid);
    return this.#alone(uid, async () => {
      this.#options.tokens.forget(uid);
      for (const dir of [this.#disk(uid), this.#memory(uid)]) {
        // What is mounted in a volume is somebody else's data: it is never walked into, and while it stays so does the folder.
        for (const { target } of await mountsBelow(dir)) await unmount(target);
        await rm(dir, { recursive: true, force: true });
      }
      this.#uids.delete(folderOf(uid));
    });
  }

  stop(): void {
    for (const uid of [...this.#followed.keys()]) this.#unfollow(uid);
    this.#options.watches.stop();
  }

  async #fill(
    pod: Pod,
    config: ConfigSource,
    which: (volume: Volume) => boolean = () => true,
  ): Promise<VolumeFailure[]> {
    const volumes = (pod.spec?.volumes ?? []).filter(which);
    const results = await Promise.all(volumes.map((volume) => this.#setUpOne(pod, volume, config)));
    return results.filter((failure) => failure !== undefined);
  }

  async #setUpOne(pod: Pod, volume: Volume, config: ConfigSource): Promise<VolumeFailure | undefined> {
    try {
      await pluginOf(volume).setUp(volume, this.#place(pod, volume, config));
      return undefined;
    } catch (error) {
      if (!isForUsers(error)) throw error;
      if (error instanceof StatusError && error.code >= 500 && (await this.#wasFilled(pod, volume))) {
        this.#outdated.add(pod.metadata.uid ?? '');
        return undefined;
      }
      return { volume: volume.name, message: error.message };
    }
  }

  /** The API is away: a pod goes on with the files that it has. */
  async #wasFilled(pod: Pod, volume: Volume): Promise<boolean> {
    const path = pluginOf(volume).path(volume, this.#place(pod, volume));
    return (await lstat(join(path, dataLink)).catch(() => undefined)) !== undefined;
  }

  #follow(pod: Pod, wake: () => void): void {
    const uid = pod.metadata.uid ?? '';
    const known = this.#followed.get(uid);
    if (known !== undefined) {
      known.pod = pod;
      known.wake = wake;
      return;
    }
    const followed: Followed = { pod, ends: [], timer: undefined, wake };
    this.#followed.set(uid, followed);
    const namespace = pod.metadata.namespace ?? '';
    for (const { kind, name } of configOf(pod))
      followed.ends.push(this.#options.watches.follow(kind, namespace, name, () => this.#refresh(uid)));
    void this.#schedule(uid);
  }

  #unfollow(uid: string): void {
    const followed = this.#followed.get(uid);
    if (followed === undefined) return;
    this.#followed.delete(uid);
    this.#outdated.delete(uid);
    clearTimeout(followed.timer);
    for (const end of followed.ends) end();
  }

  /** What the sources say now goes into the volumes; what fails stays as it was. */
  #refresh(uid: string): void {
    void this.#alone(uid, async () => {
      const followed = this.#followed.get(uid);
      if (followed === undefined) return;
      const { pod } = followed;
      this.#outdated.delete(uid);
      const { watches, config, log } = this.#options;
      try {
        const failures = await this.#fill(pod, watches.source(pod, config(pod)), (v) => pluginOf(v).follows);
        if (failures.length > 0) log.debug({ pod: pod.metadata.name, failures }, 'Volumes keep their old content');
        else followed.wake();
      } catch (err) {
        log.warn({ err, pod: pod.metadata.name, uid }, 'Volumes of a pod could not be brought up to date');
      }
      await this.#schedule(uid);
    });
  }

  /** Tokens are replaced in time, and what could not be read is read again. */
  async #schedule(uid: string): Promise<void> {
    const { tokens, now } = this.#options;
    const at = this.#outdated.has(uid) ? now() : await tokens.refreshAt(uid);
    const followed = this.#followed.get(uid);
    if (followed === undefined) return;
    clearTimeout(followed.timer);
    if (at === undefined) return;
    const delay = Math.min(Math.max(at - now(), retryMs), longestTimerMs);
    followed.timer = setTimeout(() => this.#refresh(uid), delay);
    followed.timer.unref();
  }

  #place(pod: Pod, volume: Volume, config: ConfigSource = this.#options.config(pod)): Place {
    const uid = pod.metadata.uid ?? '';
    const { facts, tokens } = this.#options;
    return {
      pod,
      disk: this.diskPath(pod, volume.name),
      memory: join(this.#memory(uid), volume.name),
      gid: pod.spec?.securityContext?.fsGroup,
      context: (defaultMode = 0o644) => ({ pod, config, facts: facts(pod), tokens, defaultMode }),
      hostPath: this.#options.hostPath,
      mountMemory: (path, sizeBytes) => this.#mount(path, () => mountTmpfs(path, { sizeBytes, mode: 0o777 })),
      mountHugePages: (path, pageBytes) => this.#mount(path, () => mountHugePages(path, pageBytes)),
    };
  }

  /** False where this node cannot mount; what is mounted there stays. */
  async #mount(path: string, mount: () => Promise<void>): Promise<boolean> {
    const mounted = await mountsBelow(path);
    if (mounted.some(({ target }) => target === path)) return true;
    if (!(await this.#options.canMount())) return false;
    await mount();
    return true;
  }

  /** Runs after what was begun before for the same pod. */
  #alone<T>(uid: string, work: () => Promise<T>): Promise<T> {
    const before = this.#work.get(uid) ?? Promise.resolve();
    const run = before.then(work, work);
    const settled = run.then(
      () => undefined,
      () => undefined,
    );
    this.#work.set(uid, settled);
    void settled.then(() => this.#work.get(uid) === settled && this.#work.delete(uid));
    return run;
  }

  /** Where a volume on disk is. */
  diskPath(pod: Pod, volume: string): string {
    return join(this.#disk(pod.metadata.uid ?? ''), 'volumes', volume);
  }

  #disk(uid: string): string {
    return join(this.#options.dir, folderOf(uid));
  }

  #memory(uid: string): string {
    return join(this.#options.memoryDir, folderOf(uid));
  }
}

/** What is missing, what the API says, or what the kernel says of the node's files (a disk that is full), as against a mistake of ours. */
const isForUsers = (error: unknown): error is Error =>
  error instanceof VolumeError ||
  error instanceof StatusError ||
  (error instanceof Error && typeof (error as NodeJS.ErrnoException).errno === 'number');

/** A uid is a UUID; whatever else it may be does not lead out of the folder. */
const folderOf = (uid: string) => uid.replaceAll(/[^a-zA-Z0-9-]/g, '_');

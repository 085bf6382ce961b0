import type { Readable } from 'node:stream';
import type { Container, Pod } from '@kubus/shared/schema';
import type { ContainerMount } from '../runtime/contract.ts';

/** The files of a node's pods: their volumes, and what the agent itself puts into containers. */
export interface PodVolumes {
  /** Something of the pod is on the node's disk or in its memory. */
  has(uid: string): boolean;
  /** Pods of which something is there. */
  uids(): string[];
  /**
   * Brings every volume of the pod in order; what is there already stays. Gives back what could not be set up. From then on the content follows its
   * sources until `remove`; `wake` is called when something that was missing may be there now.
   */
  setUp(pod: Pod, wake: () => void): Promise<VolumeFailure[]>;
  /** A volume from an image has its files. */
  isFilled(pod: Pod, volume: string): Promise<boolean>;
  /** Gives a volume the files of an image (a tar archive), all or none. Throws VolumeError. */
  fill(pod: Pod, volume: string, files: () => Promise<Readable>): Promise<void>;
  /** The text of a file of variables in a volume; undefined when there is none. Throws ConfigError for what is no such file. */
  envFile(pod: Pod, volume: string, path: string): Promise<string | undefined>;
  /** What a start of a container mounts. Throws ConfigError when a mount cannot be had. */
  mounts(pod: Pod, container: Container, start: MountStart): Promise<ContainerMount[]>;
  /** The container runs, or never will: what was mounted only for its start is taken down. */
  started(pod: Pod, container: string): Promise<void>;
  /** Takes down and removes everything of the pod, its data too. */
  remove(uid: string): Promise<void>;
  /** Content stays where it is, and follows no more. */
  stop(): void;
}

export interface MountStart {
  attempt: number;
  /** Of the container, for `subPathExpr`. */
  env: readonly [name: string, value: string][];
  podIPs: readonly string[];
}

export interface VolumeFailure {
  volume: string;
  message: string;
}

/** A volume that cannot be set up as things are; the message is the one that kubelet gives. */
export class VolumeError extends Error {
  override readonly name = 'VolumeError';
}

/** For simulated nodes: containers that do not exist read no files. */
export const noVolumes: PodVolumes = {
  has: () => false,
  uids: () => [],
  setUp: async () => [],
  isFilled: async () => true,
  fill: async () => undefined,
  envFile: async () => undefined,
  mounts: async () => [],
  started: async () => undefined,
  remove: async () => undefined,
  stop: () => undefined,
};

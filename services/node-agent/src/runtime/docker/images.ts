import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { RegistryAuth } from '../../images/credentials.ts';
import { ImageError, type NodeImage } from '../contract.ts';
import { accepted, callWithin, messageOf } from './calls.ts';
import { openImageFiles } from './image-files.ts';
import { listImages } from './image-list.ts';
import { ImagePresence } from './image-presence.ts';
import type { NodeScope } from './labels.ts';
import { pullToEnd } from './pull-progress.ts';

export interface DockerImagesOptions {
  docker: Docker;
  scope: NodeScope;
  /** Most a call may take, but for the download of an image; milliseconds. */
  callTimeoutMs: number;
  /** A download of which nothing is heard for so long is given up; milliseconds, default five minutes. */
  pullQuietMs?: number | undefined;
}

/** The images of an engine; what each call promises is said where the runtime is (`Runtime`). */
export class DockerImages {
  readonly #options: DockerImagesOptions;
  readonly #docker: Docker;
  readonly #presence = new ImagePresence(async (image) => (await this.#find(image)) !== undefined);

  constructor(options: DockerImagesOptions) {
    this.#options = options;
    this.#docker = options.docker;
  }

  has(image: string): Promise<boolean> {
    return this.#presence.has(image);
  }

  list(): Promise<NodeImage[]> {
    return this.#call(listImages(this.#docker));
  }

  async id(image: string): Promise<string | undefined> {
    return (await this.#find(image))?.Id;
  }

  async user(image: string): Promise<string> {
    return (await this.#call(this.#docker.getImage(image).inspect())).Config.User;
  }

  files(image: string): Promise<Readable> {
    return this.#call(openImageFiles(this.#docker, image, this.#options.scope));
  }

  async remove(image: string): Promise<boolean> {
    this.#presence.forget(image);
    return (await accepted(this.#call(this.#docker.getImage(image).remove()), 404, 409)) !== undefined;
  }

  async pull(image: string, auth?: RegistryAuth): Promise<void> {
    try {
      this.#presence.forget(image);
      const authconfig = auth === undefined ? {} : { authconfig: auth };
      await pullToEnd(
        (abortSignal) => this.#docker.pull(image, { ...authconfig, abortSignal }),
        this.#options.pullQuietMs,
      );
    } catch (cause) {
      throw new ImageError(messageOf(cause), { cause });
    }
  }

  #find(image: string): Promise<Docker.ImageInspectInfo | undefined> {
    return accepted(this.#call(this.#docker.getImage(image).inspect()), 404);
  }

  #call<T>(call: Promise<T>): Promise<T> {
    return callWithin(this.#options.callTimeoutMs, call);
  }
}

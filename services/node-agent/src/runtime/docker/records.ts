import type Docker from 'dockerode';
import type { ContainerRecord } from '../contract.ts';
import { accepted } from './calls.ts';
import { ContainerView, type Seen, seenInList } from './container-view.ts';
import { type ContainerProcess, type Details, detailsOf, engineAddresses, processOf } from './details.ts';
import type { ContainerChange } from './events.ts';
import { label, type NodeScope } from './labels.ts';

/**
 * The containers of a node as records. Details are asked for once per container and state: a container is started once in its life, so neither the start of a
 * running nor the exit of an ended one changes.
 *
 * The engine's list lags behind its events: it shows a container as running until its network and mounts are released, a while after the event of
 * its end. Asking for the one container waits for that, so what an event has named is asked for.
 */
export class RecordReader {
  readonly #docker: Docker;
  readonly #view: ContainerView;
  readonly #details = new Map<string, Details>();
  readonly #processes = new Map<string, ContainerProcess>();
  /** By id; another value for each time. */
  readonly #suspects = new Map<string, symbol>();

  constructor(docker: Docker, { cluster, node }: NodeScope) {
    this.#docker = docker;
    this.#view = new ContainerView(async (podUid) => {
      const labels = [`${label.cluster}=${cluster}`, `${label.node}=${node}`];
      if (podUid !== undefined) labels.push(`${label.podUid}=${podUid}`);
      return (await docker.listContainers({ all: true, filters: { label: labels } })).map(seenInList);
    });
  }

  /** Whether the engine's events are followed. */
  follow(isFollowed: boolean): void {
    this.#view.follow(isFollowed);
  }

  /** An event of the engine. */
  notice({ id, action }: ContainerChange): void {
    if (action === 'destroy') this.forget(id);
    else this.suspect(id);
  }

  /** Something happened to the container: what is known of it may be old. */
  suspect(id: string): void {
    this.#details.delete(id);
    this.#suspects.set(id, Symbol());
  }

  async ofPod(podUid: string): Promise<ContainerRecord[]> {
    return this.#records(await this.#view.ofPod(podUid));
  }

  async all(): Promise<ContainerRecord[]> {
    return this.#records(await this.#view.all());
  }

  /** The agent has made a container. `ips`: addresses that a sandbox has or is to have; undefined when the engine is to give them. */
  made(id: string, options: Docker.ContainerCreateOptions, ips: readonly string[] | undefined): void {
    this.#view.put({
      id,
      labels: options.Labels ?? {},
      image: options.Image ?? '',
      imageId: '',
      state: 'created',
      isNew: true,
      ips,
    });
  }

  /** The agent has found a container made that it did not know. */
  madeBefore(): void {
    this.#view.invalidate();
  }

  started(id: string): void {
    this.#details.delete(id);
    this.#view.turned(id, 'running');
  }

  /** Addresses that a sandbox is to have, when the engine does not connect it. */
  addresses(id: string): readonly string[] {
    return ownAddresses(this.#view.get(id)?.labels ?? {}) ?? [];
  }

  /** Of a container that ran when it was last looked at. */
  process(id: string): ContainerProcess | undefined {
    return this.#processes.get(id);
  }

  noteProcess(id: string, process: ContainerProcess): void {
    if (this.#view.get(id) !== undefined) this.#processes.set(id, process);
  }

  forget(id: string): void {
    this.#view.remove(id);
    this.#details.delete(id);
    this.#processes.delete(id);
    this.#suspects.delete(id);
  }

  async #records(seen: readonly Seen[]): Promise<ContainerRecord[]> {
    const records = await Promise.all(seen.map((container) => this.#record(container)));
    return records.filter((record) => record !== undefined);
  }

  async #record(seen: Seen): Promise<ContainerRecord | undefined> {
    const { id, labels, image, imageId } = seen;
    const details = await this.#detailsOf(seen);
    // Removed between the list and the question.
    if (details === undefined) return undefined;
    const own = ownAddresses(labels);
    return {
      id,
      podUid: labels[label.podUid] ?? '',
      podName: labels[label.podName] ?? '',
      podNamespace: labels[label.podNamespace] ?? '',
      container: labels[label.container] ?? '',
      attempt: Number(labels[label.attempt] ?? 0),
      sandboxAttempt: Number(labels[label.sandboxAttempt] ?? 0),
      ...(labels[label.round] === undefined ? {} : { round: Number(labels[label.round]) }),
      ...(labels[label.handler] === undefined ? {} : { handler: labels[label.handler] }),
      image,
      imageId,
      ips: details.state === 'running' ? [...(own ?? seen.ips ?? [])] : [],
      ...details,
    };
  }

  async #detailsOf(seen: Seen): Promise<Details | undefined> {
    const { id, labels, state, isNew } = seen;
    const known = this.#details.get(id);
    if (known !== undefined && known.state === state) return known;
    if (!this.#suspects.has(id)) {
      if (isNew === true && state === 'created') return { state };
      // Of a sandbox nobody asks when it was started or how it ended.
      if (labels[label.container] === undefined && seen.ips !== undefined) return { state };
    }
    const suspicion = this.#suspects.get(id);
    const inspected = await accepted(this.#docker.getContainer(id).inspect(), 404);
    if (inspected === undefined) {
      this.forget(id);
      return undefined;
    }
    // What has happened while the answer was on its way is asked for again.
    if (this.#suspects.get(id) === suspicion) this.#suspects.delete(id);
    const details = detailsOf(inspected);
    this.#details.set(id, details);
    seen.state = details.state;
    seen.ips ??= details.state === 'running' ? engineAddresses(inspected) : undefined;
    const process = processOf(inspected);
    if (process === undefined) this.#processes.delete(id);
    else this.#processes.set(id, process);
    return details;
  }
}

function ownAddresses(labels: Readonly<Record<string, string>>): string[] | undefined {
  return labels[label.podIPs]?.split(',');
}

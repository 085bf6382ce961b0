import type Docker from 'dockerode';
import type { ContainerRecord } from '../contract.ts';
import { label } from './labels.ts';

/** A container as lists of the engine show it. */
export interface Seen {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly imageId: string;
  state: ContainerRecord['state'];
  /** The agent has made it, and has not tried to start it. */
  readonly isNew?: true;
  /** Those that the engine gave; undefined when only the container itself can tell, as of one that has not been started. */
  ips: readonly string[] | undefined;
}

/** So long after a list the view is believed; milliseconds. Whatever was missed in spite of the events shows then. */
const freshMs = 30_000;

/**
 * The node's containers between two lists: what the agent does to them it notes here, what happens without it the engine's events tell. So a look at one pod
 * costs the engine nothing, where a list costs it a look at all containers of the machine. Without the events every look is a list.
 */
export class ContainerView {
  readonly #list: (podUid: string | undefined) => Promise<Seen[]>;
  readonly #now: () => number;
  #known = new Map<string, Seen>();
  #isFollowed = false;
  /** When the list was asked for that the view goes back to; undefined when there has to be another. */
  #listedAt: number | undefined;
  #listing: Promise<Seen[]> | undefined;
  /** For each list under way: what was made, started or removed since it was asked for. The list may show that as it was before. */
  readonly #touched = new Set<Set<string>>();

  /** `list` asks the engine for the containers of one pod, or of all. */
  constructor(list: (podUid: string | undefined) => Promise<Seen[]>, now: () => number = () => performance.now()) {
    this.#list = list;
    this.#now = now;
  }

  /** The engine's events are followed from now on, or are not any more. */
  follow(isFollowed: boolean): void {
    this.#isFollowed = isFollowed;
    this.invalidate();
  }

  /** Something is there that nobody told of: the next look is a list. */
  invalidate(): void {
    this.#listedAt = undefined;
    this.#listing = undefined;
  }

  get(id: string): Seen | undefined {
    return this.#known.get(id);
  }

  put(seen: Seen): void {
    this.#touch(seen.id);
    this.#known.set(seen.id, seen);
  }

  remove(id: string): void {
    this.#touch(id);
    this.#known.delete(id);
  }

  /** Was started, or has ended. */
  turned(id: string, state: Seen['state']): void {
    this.#touch(id);
    const seen = this.#known.get(id);
    if (seen !== undefined) seen.state = state;
  }

  async ofPod(podUid: string): Promise<Seen[]> {
    if (this.#isFollowed) await this.#refresh();
    // The events may have been lost while a list was waited for.
    if (this.#isFollowed) return [...this.#known.values()].filter(({ labels }) => labels[label.podUid] === podUid);
    const listed = await this.#list(podUid);
    // What happened between the answer and the first event nobody tells of: it is not kept.
    if (!this.#isFollowed) for (const seen of listed) this.put(seen);
    return listed;
  }

  /** Always as the engine shows it now. */
  all(): Promise<Seen[]> {
    const listing = this.#relist(() => this.#listing === listing);
    this.#listing = listing;
    return listing;
  }

  /** Until the view goes back to a list, and to one that is not too old. A list that another one has overtaken is not what was waited for. */
  async #refresh(): Promise<void> {
    if (this.#listedAt !== undefined && this.#now() - this.#listedAt <= freshMs) return;
    do await (this.#listing ?? this.all());
    while (this.#isFollowed && this.#listedAt === undefined);
  }

  async #relist(isNewest: () => boolean): Promise<Seen[]> {
    const touched = new Set<string>();
    const askedAt = this.#now();
    this.#touched.add(touched);
    try {
      const listed = (await this.#list(undefined)).filter(({ id }) => !touched.has(id));
      const kept = [...this.#known.values()].filter(({ id }) => touched.has(id));
      const shown = [...listed, ...kept];
      if (isNewest()) {
        this.#known = new Map(shown.map((seen) => [seen.id, seen]));
        this.#listedAt = askedAt;
      }
      return shown;
    } finally {
      this.#touched.delete(touched);
      if (isNewest()) this.#listing = undefined;
    }
  }

  #touch(id: string): void {
    for (const touched of this.#touched) touched.add(id);
  }
}

export function seenInList(listed: Docker.ContainerInfo): Seen {
  const networks = Object.values(listed.NetworkSettings?.Networks ?? {});
  const state = stateOf(listed.State);
  return {
    id: listed.Id,
    labels: listed.Labels,
    image: listed.Image,
    imageId: listed.ImageID,
    state,
    ips: state === 'created' ? undefined : addressesOf(networks),
  };
}

export const addressesOf = (networks: readonly Pick<Docker.NetworkInfo, 'IPAddress' | 'GlobalIPv6Address'>[]) =>
  networks.flatMap((network) => [network.IPAddress, network.GlobalIPv6Address]).filter((ip) => ip !== '');

export function stateOf(state: string): ContainerRecord['state'] {
  if (state === 'created') return 'created';
  return state === 'running' || state === 'paused' || state === 'restarting' ? 'running' : 'exited';
}

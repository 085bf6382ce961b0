import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '@kubus/shared/schema';
import { type Allocation, allocationOf } from './allocation.ts';

/** What has been done about a pod's containers; see `PodMemory`. */
export interface Progress {
  attempts: ReadonlyMap<string, number>;
  postStarted: ReadonlyMap<string, number>;
  podIPs: readonly string[];
  allocated: Allocation;
}

interface Entry {
  pod: Pod;
  attempts: [string, number][];
  postStarted?: [string, number][];
  podIPs?: readonly string[];
  allocated?: Allocation;
}

/** The pods of the node and the starts made of their containers, on the node's own disk: what an agent needs that starts without the bus. */
export interface Checkpoint {
  /** Starts made so far; empty for an unknown pod. */
  attempts(uid: string): [string, number][];
  /** Name -> attempt whose postStart hook has ended. */
  postStarted(uid: string): [string, number][];
  /** Addresses that the pod had when this was written. */
  podIPs(uid: string): readonly string[];
  /** What was allocated to the pod when this was written; undefined for an unknown pod. */
  allocated(uid: string): Allocation | undefined;
  pods(): Pod[];
  /** Resolves when it is on disk. Of several at once the last stays; a pod that ends does not come back by what is said of it as it was before. */
  save(pod: Pod, progress: Progress): Promise<void>;
  forget(uid: string): Promise<void>;
}

export async function openCheckpoint(dir: string): Promise<Checkpoint> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const entries = new Map<string, Entry>();
  for (const file of await readdir(dir)) {
    const uid = file.replace(/\.json$/, '');
    const entry = file.endsWith('.json') ? await read(join(dir, file)) : undefined;
    if (entry !== undefined) entries.set(uid, entry);
    else await rm(join(dir, file), { force: true, recursive: true });
  }
  /** The last write of each pod: a rename must not come after that of a later one. */
  const writes = new Map<string, Promise<void>>();
  const inTurn = (uid: string, write: () => Promise<void>): Promise<void> => {
    const before = writes.get(uid) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(write);
    writes.set(uid, mine);
    const leave = () => writes.get(uid) === mine && writes.delete(uid);
    mine.then(leave, leave);
    return mine;
  };
  const path = (uid: string) => join(dir, `${uid.replaceAll(/[^a-zA-Z0-9-]/g, '_')}.json`);
  return {
    attempts: (uid) => entries.get(uid)?.attempts ?? [],
    postStarted: (uid) => entries.get(uid)?.postStarted ?? [],
    podIPs: (uid) => entries.get(uid)?.podIPs ?? [],
    allocated: (uid) => {
      const entry = entries.get(uid);
      return entry?.allocated ?? (entry === undefined ? undefined : allocationOf(entry.pod));
    },
    pods: () => [...entries.values()].map((entry) => entry.pod),
    save: (pod, { attempts, postStarted, podIPs, allocated }) => {
      const uid = pod.metadata.uid ?? '';
      const known = entries.get(uid)?.pod;
      const latest = known !== undefined && ends(known) && !ends(pod) ? known : pod;
      const entry: Entry = {
        ...{ pod: latest, attempts: [...attempts], postStarted: [...postStarted] },
        ...{ podIPs, allocated },
      };
      entries.set(uid, entry);
      return inTurn(uid, () => replaceFile(path(uid), JSON.stringify(entry)));
    },
    forget: (uid) => {
      entries.delete(uid);
      return inTurn(uid, () => rm(path(uid), { force: true }));
    },
  };
}

const ends = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined || status?.phase === 'Failed' || status?.phase === 'Succeeded';

async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  try {
    await writeFile(draft, text, { mode: 0o600 });
    await rename(draft, path);
  } catch (error) {
    // On a full disk not even an empty file more is welcome.
    await rm(draft, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** A file that was cut off in writing counts as absent; the runtime's labels still tell what was started. */
async function read(path: string): Promise<Entry | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Entry;
  } catch {
    return undefined;
  }
}

/** For simulated nodes. */
export function memoryCheckpoint(): Checkpoint {
  const entries = new Map<string, [string, number][]>();
  return {
    attempts: (uid) => entries.get(uid) ?? [],
    postStarted: () => [],
    podIPs: () => [],
    allocated: () => undefined,
    pods: () => [],
    save: async (pod, { attempts }) => void entries.set(pod.metadata.uid ?? '', [...attempts]),
    forget: async (uid) => void entries.delete(uid),
  };
}

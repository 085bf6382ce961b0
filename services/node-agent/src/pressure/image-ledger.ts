import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Images that this agent has pulled, and when they were wanted last; milliseconds since 1970. */
export interface ImageLedger {
  noteUse(image: string, at: number): Promise<void>;
  /** Longest unused first. */
  byAge(): [image: string, at: number][];
  forget(image: string): Promise<void>;
}

/** Uses are not told apart more finely. */
const coarseMs = 60_000;

/**
 * An engine is often shared with its owner: images that somebody else brought are not this agent's to remove, however long nobody has used them. So it
 * keeps a list, on disk.
 */
export async function openImageLedger(path: string): Promise<ImageLedger> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const known = new Map<string, number>(await read(path));
  let writing: Promise<void> = Promise.resolve();
  const save = () => {
    writing = writing.then(async () => {
      await writeFile(`${path}.new`, JSON.stringify([...known]), { mode: 0o600 });
      await rename(`${path}.new`, path);
    });
    return writing;
  };
  return {
    noteUse: async (image, at) => {
      if (at - (known.get(image) ?? Number.NEGATIVE_INFINITY) < coarseMs) return;
      known.set(image, at);
      await save();
    },
    byAge: () => [...known].sort(([, a], [, b]) => a - b),
    forget: async (image) => {
      if (known.delete(image)) await save();
    },
  };
}

async function read(path: string): Promise<[string, number][]> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as [string, number][];
  } catch {
    return [];
  }
}

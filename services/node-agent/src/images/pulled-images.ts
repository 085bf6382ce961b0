import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RegistryAuth } from './credentials.ts';

/** An image as the engine has it now; undefined when it has none of the name. */
type IdOf = () => Promise<string | undefined>;

/**
 * Which credentials images were pulled with (KEP-2535): who does not hold them has the registry decide, though the image is there. What others brought to the engine is
 * everybody's. Where nothing was pulled with credentials, nothing is asked.
 */
export interface PulledImages {
  /** Before a pull with credentials: if the agent dies in it, the image is not taken for one that others brought. */
  pulling(image: string): Promise<void>;
  /** `auth`: what it was pulled with; undefined: as anybody. */
  pulled(image: string, id: IdOf, auth: RegistryAuth | undefined): Promise<void>;
  failed(image: string): Promise<void>;
  mayUse(image: string, id: IdOf, credentials: () => Promise<readonly RegistryAuth[]>): Promise<boolean>;
}

interface Kept {
  pulling: string[];
  /** Digests of credentials by the id of the image. */
  images: [id: string, credentials: string[]][];
}

const digestOf = ({ serveraddress, username, password, identitytoken, holder }: RegistryAuth) =>
  createHash('sha256')
    .update(JSON.stringify(holder === undefined ? [serveraddress, username, password, identitytoken] : [holder]))
    .digest('hex');

/** Kept in a file: images outlive the agent. */
export async function openPulledImages(path: string): Promise<PulledImages> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const kept = await read(path);
  const pulling = new Set(kept.pulling);
  const images = new Map(kept.images.map(([id, credentials]) => [id, new Set(credentials)]));
  let writing: Promise<void> = Promise.resolve();
  const save = () => {
    const write = async () => {
      const now: Kept = { pulling: [...pulling], images: [...images].map(([id, of]) => [id, [...of]]) };
      await writeFile(`${path}.new`, JSON.stringify(now), { mode: 0o600 });
      await rename(`${path}.new`, path);
    };
    const written = writing.then(write, write);
    writing = written.catch(() => undefined);
    return written;
  };
  const failed = async (image: string) => {
    if (pulling.delete(image)) await save();
  };
  return {
    pulling: async (image) => {
      pulling.add(image);
      await save();
    },
    failed,
    pulled: async (image, id, auth) => {
      if (auth === undefined && images.size === 0) return failed(image);
      const known = (await id()) ?? '';
      // Whom the registry asks for nothing: everybody may have it.
      if (auth === undefined) images.delete(known);
      else images.set(known, (images.get(known) ?? new Set()).add(digestOf(auth)));
      pulling.delete(image);
      await save();
    },
    mayUse: async (image, id, credentials) => {
      if (pulling.has(image)) return false;
      const holders = images.size === 0 ? undefined : images.get((await id()) ?? '');
      return holders === undefined || (await credentials()).some((auth) => holders.has(digestOf(auth)));
    },
  };
}

/** A file that was never whole: then what is there counts as brought by others. */
async function read(path: string): Promise<Kept> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Kept;
  } catch {
    return { pulling: [], images: [] };
  }
}

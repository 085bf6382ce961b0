import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdir, readdir, readlink, rename, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { VolumeError } from './contract.ts';

/** Where the files of an image are in the folder of its volume: there once they are all there. */
export const filesIn = (dir: string): string => join(dir, 'files');

/** Unpacks the files of an image into the folder of a volume. What an agent that died had begun is begun anew. */
export async function fillFromArchive(dir: string, files: () => Promise<Readable>): Promise<void> {
  const begun = join(dir, 'begun');
  try {
    await rm(begun, { recursive: true, force: true });
    await mkdir(begun, { recursive: true });
    await unpack(await files(), begun);
    await removeMountPoints(begun);
    await rename(begun, filesIn(dir));
  } catch (cause) {
    await rm(begun, { recursive: true, force: true }).catch(() => undefined);
    throw new VolumeError(`failed to mount image volume: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** By the system's tar, which keeps owners by number and writes nothing through links that lead out. */
async function unpack(archive: Readable, dir: string): Promise<void> {
  const tar = spawn('tar', ['-x', '-p', '--numeric-owner', '-f', '-', '-C', dir], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const said: Buffer[] = [];
  tar.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const closed = once(tar, 'close') as Promise<[number | null]>;
  // The end of tar tells more than the pipe that breaks with it.
  const [[code], piped] = await Promise.all([
    closed,
    pipeline(archive, tar.stdin).then(
      () => undefined,
      (error: Error) => error,
    ),
  ]);
  if (code !== 0) throw new Error(Buffer.concat(said).toString('utf8').trim() || `tar ended with ${code}`);
  if (piped !== undefined) throw piped;
}

/** What the engine adds to a container that has none of it, by folder. */
const mountPoints: readonly [dir: string, names: readonly string[]][] = [
  ['dev', ['console', 'pts', 'shm']],
  ['etc', ['hostname', 'hosts', 'resolv.conf', 'mtab']],
  ['', ['.dockerenv', 'dev', 'etc', 'proc', 'sys']],
];

/** The archive is that of a container: it has places for what the engine mounts, which an image of files alone does not have. */
async function removeMountPoints(root: string): Promise<void> {
  for (const [dir, names] of mountPoints) {
    // Never through a link of the image, which may lead anywhere.
    if ((await lstatOf(join(root, dir)))?.isDirectory() !== true) continue;
    for (const name of names) await removeEmpty(join(root, dir, name));
  }
}

async function removeEmpty(path: string): Promise<void> {
  const stat = await lstatOf(path);
  if (stat?.isDirectory() === true && (await readdir(path)).length === 0) await rmdir(path);
  else if (stat?.isFile() === true && stat.size === 0) await unlink(path);
  else if (stat?.isSymbolicLink() === true && (await readlink(path)) === '/proc/mounts') await unlink(path);
}

const lstatOf = (path: string) => lstat(path).catch(() => undefined);

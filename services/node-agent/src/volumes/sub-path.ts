import { constants } from 'node:fs';
import { chmod, type FileHandle, lstat, mkdir, open, readlink, realpath } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

/** Linux: a handle on a name alone, which reads nothing and opens no device. */
const O_PATH = 0o10000000;

/** What a container has put in the way of a path: a link out of its volume, or one where a folder was a moment ago. */
export class UnsafePath extends Error {
  override readonly name = 'UnsafePath';
}

export interface OpenedBelow {
  handle: FileHandle;
  isDirectory: boolean;
  /** The open file as the kernel knows it, whatever becomes of the names that led to it. */
  fdPath: string;
}

/**
 * Opens what `subPath` names below `root`, and makes folders with `mode` where nothing is (without a mode it rejects). Containers may write to the volume at the same time: links are
 * resolved once, what they lead to must be below the root, and then each part is opened relative to the folder before it without following links
 * (CVE-2017-1002101, CVE-2021-25741). The handle is to be closed by the caller.
 */
export async function openBelow(root: string, subPath: string, mode: number | undefined): Promise<OpenedBelow> {
  const base = await realpath(root);
  const resolved = await resolve(join(base, subPath));
  if (!isBelow(base, resolved)) throw new UnsafePath('the path leads out of its volume');
  const handle = await walk(
    base,
    relative(base, resolved)
      .split(sep)
      .filter((part) => part !== ''),
    mode,
  );
  try {
    const fdPath = `/proc/${process.pid}/fd/${handle.fd}`;
    if (!isBelow(base, await readlink(fdPath))) throw new UnsafePath('the path was moved out of its volume');
    return { handle, isDirectory: (await handle.stat()).isDirectory(), fdPath };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

const isBelow = (base: string, path: string) => path === base || path.startsWith(base === '/' ? base : `${base}/`);

/** The real path of as much of it as exists, and the rest as it is. */
async function resolve(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // A link that leads nowhere must not be made true by making what it names.
    if (await isLink(path)) throw new UnsafePath('a link of the path leads nowhere');
    return join(await resolve(dirname(path)), path.slice(dirname(path).length));
  }
}

const isLink = (path: string) =>
  lstat(path).then(
    (stat) => stat.isSymbolicLink(),
    () => false,
  );

async function walk(base: string, parts: readonly string[], mode: number | undefined): Promise<FileHandle> {
  let handle = await open(base, O_PATH | constants.O_NOFOLLOW | constants.O_DIRECTORY);
  for (const part of parts) {
    const parent = handle;
    try {
      handle = await openPart(join(`/proc/self/fd/${parent.fd}`, part), mode);
    } finally {
      await parent.close();
    }
  }
  return handle;
}

async function openPart(path: string, mode: number | undefined): Promise<FileHandle> {
  const flags = O_PATH | constants.O_NOFOLLOW;
  const handle = await open(path, flags).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' || mode === undefined) throw error;
    const isNew = await mkdir(path, { mode }).then(
      () => true,
      (failure: NodeJS.ErrnoException) => {
        if (failure.code !== 'EEXIST') throw failure;
        return false;
      },
    );
    const made = await open(path, flags);
    // Whatever the umask is; by the handle, because the name may lead elsewhere by now.
    if (isNew && (await made.stat()).isDirectory()) await chmod(`/proc/self/fd/${made.fd}`, mode);
    return made;
  });
  if (!(await handle.stat()).isSymbolicLink()) return handle;
  await handle.close();
  throw new UnsafePath('a part of the path has become a link');
}

/** kubelet's words for a path that must not be used. */
export function refusalOf(subPath: string): string | undefined {
  if (subPath.startsWith('/')) return `error SubPath \`${subPath}\` must not be an absolute path`;
  if (subPath.split('/').includes('..')) return `unable to provision SubPath \`${subPath}\`: must not contain '..'`;
  return undefined;
}

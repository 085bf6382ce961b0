import {
  chmod,
  chown,
  lchown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** One file of a volume; `path` within the volume is its key in a Payload. */
export interface FileProjection {
  data: Uint8Array;
  mode: number;
  /** Owner; default the agent's own. */
  uid?: number;
}

export type Payload = ReadonlyMap<string, FileProjection>;

export interface WriteOptions {
  /** fsGroup: owns everything in the volume, and may read it. */
  gid?: number;
}

/** What the writer does to the disk, so that tests can let it die between any two steps. */
export type WriterDisk = typeof disk;

const disk = { chmod, chown, lchown, mkdir, readlink, rename, rm, symlink, writeFile };

/** The link that is swapped: it is there once a volume has been filled. */
export const dataLink = '..data';
const nextDataLink = '..data_tmp';

/**
 * Writes a set of files so that a reader sees either all of the old or all of the new, whenever the writer dies (kubelet: AtomicWriter). The files are in a
 * folder of their own, `..data` is a link to it that is swapped by rename, and each name in the volume is a link through `..data`.
 * Gives back whether anything changed.
 */
export async function writeAtomically(
  dir: string,
  payload: Payload,
  { gid }: WriteOptions = {},
  io: WriterDisk = disk,
): Promise<boolean> {
  for (const path of payload.keys()) refusePath(path);
  const old = await linkTarget(join(dir, dataLink));
  const names = new Set([...payload.keys()].map(firstOf));
  const there = await readdir(dir);
  const unchanged = old !== undefined && (await holds(join(dir, old), payload, gid));
  const stale = there.filter((name) => !isOwn(name) && !names.has(name));
  const missing = [...names].filter((name) => !there.includes(name));
  const leftovers = there.filter((name) => isOwn(name) && name !== dataLink && name !== old);
  if (unchanged && stale.length + missing.length + leftovers.length === 0) return false;
  for (const name of leftovers) await io.rm(join(dir, name), { recursive: true, force: true });
  if (!unchanged) await swap(dir, payload, gid, io);
  for (const name of missing) await io.symlink(`${dataLink}/${name}`, join(dir, name));
  for (const name of stale) await io.rm(join(dir, name), { recursive: true, force: true });
  if (!unchanged && old !== undefined) await io.rm(join(dir, old), { recursive: true, force: true });
  return true;
}

async function swap(dir: string, payload: Payload, gid: number | undefined, io: WriterDisk): Promise<void> {
  const folder = `..${new Date().toISOString().replaceAll(/[-:T]/g, '_').slice(0, 19)}.${process.hrtime.bigint() % 10_000_000_000n}`;
  const root = join(dir, folder);
  await makeFolder(root, gid, io);
  const made = new Set([root]);
  for (const [path, file] of payload) {
    for (const folder of foldersOf(root, path)) {
      if (made.has(folder)) continue;
      await makeFolder(folder, gid, io);
      made.add(folder);
    }
    await writeOne(join(root, path), file, gid, io);
  }
  await io.symlink(folder, join(dir, nextDataLink));
  if (gid !== undefined) await io.lchown(join(dir, nextDataLink), process.getuid?.() ?? 0, gid);
  await io.rename(join(dir, nextDataLink), join(dir, dataLink));
}

const folderMode = 0o755;

/** kubelet: with fsGroup what is made in a folder belongs to the group too. */
export const groupFolderBits = 0o2550;
const groupFileBits = 0o440;

async function makeFolder(path: string, gid: number | undefined, io: WriterDisk): Promise<void> {
  await io.mkdir(path, { mode: folderMode });
  if (gid === undefined) return;
  await io.chown(path, process.getuid?.() ?? 0, gid);
  await io.chmod(path, folderMode | groupFolderBits);
}

async function writeOne(path: string, { data, mode, uid }: FileProjection, gid: number | undefined, io: WriterDisk) {
  const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  await io.writeFile(path, data, { mode: 0o600, flag: 'wx' });
  if (uid !== undefined || gid !== undefined) await io.chown(path, uid ?? own.uid, gid ?? own.gid);
  // After the owner, because a change of owner clears bits; and whatever the umask is.
  await io.chmod(path, fileMode(mode, gid));
}

const fileMode = (mode: number, gid: number | undefined) => (gid === undefined ? mode : mode | groupFileBits);

/** Folders between the root and the file, outermost first. */
function foldersOf(root: string, path: string): string[] {
  const folders: string[] = [];
  for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.unshift(join(root, folder));
  return folders;
}

/** Whether the folder holds exactly these files. */
async function holds(root: string, payload: Payload, gid: number | undefined): Promise<boolean> {
  const found = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = found.filter((entry) => !entry.isDirectory());
  if (files.length !== payload.size) return false;
  for (const [path, { data, mode, uid }] of payload) {
    const at = join(root, path);
    const stat = await lstat(at).catch(() => undefined);
    if (stat?.isFile() !== true || (stat.mode & 0o7777) !== fileMode(mode, gid) || stat.size !== data.length)
      return false;
    if ((uid !== undefined && stat.uid !== uid) || (gid !== undefined && stat.gid !== gid)) return false;
    if (!(await readFile(at)).equals(data)) return false;
  }
  return true;
}

const isOwn = (name: string) => name.startsWith('..');
const firstOf = (path: string) => path.split('/', 1)[0] ?? path;

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    const target = await readlink(path);
    // Only a folder of this writer: nothing else in a volume may lead it anywhere.
    return isOwn(target) && !target.includes('/') ? target : undefined;
  } catch {
    return undefined;
  }
}

/** The API refuses such paths; a node does not rest on that. */
function refusePath(path: string): void {
  const parts = path.split('/');
  const bad =
    path === '' ||
    path.length > 4096 ||
    parts.some((part) => part === '' || part === '.' || part === '..' || part.length > 255);
  if (bad || path.startsWith('..') || path.includes('\0'))
    throw new Error(`invalid path of a file in a volume: ${JSON.stringify(path)}`);
}

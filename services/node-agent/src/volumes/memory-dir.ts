import { lstat, mkdir, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

const tmpfsMagic = 0x01021994;
const sticky = 0o1000;

/**
 * Whether the folder is fit for secrets: on a file system in memory, the agent's own, closed to everybody else. Made if it is not there.
 * /dev/shm is open to all, so what is found there is not trusted: no other user may be able to put something else in its place.
 */
export async function isMemoryDir(dir: string): Promise<boolean> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const { type } = await statfs(dir);
    if (type !== tmpfsMagic || ((await lstat(dir)).mode & 0o077) !== 0) return false;
    for (let folder = dir; ; folder = dirname(folder)) {
      const found = await lstat(folder);
      const own = found.isDirectory() && (found.uid === process.getuid?.() || found.uid === 0);
      if (!own || ((found.mode & 0o022) !== 0 && (found.mode & sticky) === 0)) return false;
      if (folder === dirname(folder)) return true;
    }
  } catch {
    return false;
  }
}

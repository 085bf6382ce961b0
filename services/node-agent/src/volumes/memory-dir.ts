import { lstat, mkdir, statfs } from 'node:fs/promises';

const tmpfsMagic = 0x01021994;

/**
 * Whether the folder is fit for secrets: on a file system in memory, the agent's own, closed to everybody else. Made if it is not there.
 * /dev/shm is open to all, so what is found there is not trusted.
 */
export async function isMemoryDir(dir: string): Promise<boolean> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const { type } = await statfs(dir);
    const found = await lstat(dir);
    return type === tmpfsMagic && found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  } catch {
    return false;
  }
}

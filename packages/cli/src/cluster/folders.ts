import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../arguments.ts';

/**
 * The folder, and those above it that are missing. mkdir of Node.js tries for ever, when it is to make those above too, where a file system holds no folders of
 * ours and says that they do not exist (/proc).
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  const made = await tryMake(path, mode);
  if (made || dirname(path) === path) return;
  await makeFolder(dirname(path), mode);
  if (!(await tryMake(path, mode)))
    throw new UsageError(`${path}: no folder can be made there; name another one with --dir`);
}

/** False when the folder above is not there. */
async function tryMake(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if (code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
  return true;
}

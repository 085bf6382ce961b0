import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { ConfigError } from '../pod/env.ts';
import { openBelow } from './sub-path.ts';

/** Kubernetes does not say how long a file of variables may be; it is held in memory, and a container wrote it. */
const longestFile = 1024 * 1024;

/** The text of a file in a volume that containers write to; undefined when there is none. Throws ConfigError for what is not a plain file below the volume. */
export async function readEnvFile(volume: string, path: string): Promise<string | undefined> {
  try {
    return await readBelow(volume, path);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ConfigError("couldn't parse env file");
  }
}

async function readBelow(volume: string, path: string): Promise<string> {
  const { handle, fdPath } = await openBelow(volume, path, undefined);
  try {
    const stat = await handle.stat();
    // A pipe would never end, and a device may be anything.
    if (!stat.isFile() || stat.size > longestFile) throw new ConfigError("couldn't parse env file");
    const file = await open(fdPath, constants.O_RDONLY);
    try {
      const buffer = Buffer.alloc(longestFile);
      const { bytesRead } = await file.read(buffer, 0, longestFile, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } finally {
    await handle.close();
  }
}

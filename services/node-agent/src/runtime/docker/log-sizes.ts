import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of a container's log with its rotated parts, where the engine's data can be seen from here; else undefined. */
export async function logBytes(dataDir: string, id: string): Promise<number | undefined> {
  const dir = join(dataDir, 'containers', id);
  const names = await readdir(dir).catch(() => undefined);
  const logs = names?.filter((name) => name.startsWith(`${id}-json.log`));
  if (logs === undefined) return undefined;
  const sizes = await Promise.all(logs.map((name) => stat(join(dir, name)).catch(() => ({ size: 0 }))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

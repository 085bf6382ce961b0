import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const loader = fileURLToPath(new URL('./load-services.ts', import.meta.url));
const sources = ['packages', 'services'];

/** Where Node.js keeps compiled modules (NODE_COMPILE_CACHE): beside the dependencies, for all clusters of this checkout. */
export const compileCache = join(root, 'node_modules', '.cache', 'kubus-compile');

/**
 * Fills the compile cache unless it is newer than all sources. A service that finds its modules compiled starts in half the time and is 20 MiB smaller,
 * because it never loads what strips types. A cache that cannot be written is done without.
 */
export async function fillCompileCache(): Promise<void> {
  const mark = join(compileCache, 'filled');
  if ((await modified(mark)) > (await newestSource())) return;
  const loading = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', loader], {
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache },
    stdio: 'ignore',
  });
  const [code] = (await once(loading, 'exit')) as [number | null];
  if (code !== 0) return;
  await mkdir(compileCache, { recursive: true })
    .then(() => writeFile(mark, ''))
    .catch(() => undefined);
}

async function modified(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

async function newestSource(): Promise<number> {
  const times = await Promise.all(
    sources.map(async (folder) => {
      const files = await readdir(join(root, folder), { recursive: true });
      const modules = files.filter((file) => /\.(ts|lua)$/.test(file) && !file.includes('node_modules'));
      return Promise.all(modules.map((file) => modified(join(root, folder, file))));
    }),
  );
  return Math.max(...times.flat());
}

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { compileCache, fillCompileCache } from './compile-cache.ts';

const run = promisify(execFile);
const services = new URL('../../../../services/', import.meta.url);

/** Loads a module as a service does and says which modules Node.js did not find compiled. */
async function misses(cache: string, entry: string): Promise<string[]> {
  const { stderr } = await run(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', `await import(${JSON.stringify(entry)})`],
    { env: { ...process.env, NODE_COMPILE_CACHE: cache, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' }, maxBuffer: 2 ** 26 },
  );
  return stderr.split('\n').filter((line) => line.includes('no transpile cache for'));
}

it.each(['scheduler/src/main.ts', 'node-agent/src/docker-node.ts'])('holds all that %s loads', async (entry) => {
  await fillCompileCache();
  const url = new URL(entry, services).href;
  const empty = await mkdtemp(join(tmpdir(), 'kubus-cache-'));
  try {
    expect((await misses(empty, url)).length).toBeGreaterThan(50);
    expect(await misses(compileCache, url)).toEqual([]);
  } finally {
    await rm(empty, { recursive: true });
  }
});

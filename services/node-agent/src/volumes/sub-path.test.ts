import { mkdir, mkdtemp, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBelow, refusalOf, UnsafePath } from './sub-path.ts';

let dir: string;
let root: string;
let outside: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-subpath-'));
  root = join(dir, 'volume');
  outside = join(dir, 'outside');
  await mkdir(join(root, 'a', 'b'), { recursive: true });
  await mkdir(outside);
  await writeFile(join(root, 'a', 'file'), 'inside');
  await writeFile(join(outside, 'file'), 'secret');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** What the opened path holds, read by its handle. */
async function read(subPath: string): Promise<string> {
  const { handle, fdPath } = await openBelow(root, subPath, 0o755);
  try {
    return await readFile(fdPath, 'utf8');
  } finally {
    await handle.close();
  }
}

async function made(subPath: string, mode = 0o755): Promise<void> {
  const { handle, isDirectory } = await openBelow(root, subPath, mode);
  await handle.close();
  expect(isDirectory).toBe(true);
}

describe('a path below a volume', () => {
  it('is opened as it is there', async () => {
    expect(await read('a/file')).toBe('inside');
  });

  it('is made of folders where nothing is, with the mode of the volume whatever the umask', async () => {
    await made('a/new/deeper', 0o2777);
    expect((await stat(join(root, 'a/new/deeper'))).mode & 0o7777).toBe(0o2777);
  });

  it('may go through links that stay in the volume', async () => {
    await symlink('a', join(root, 'link'));
    expect(await read('link/file')).toBe('inside');
  });

  it.each([
    ['a link out of the volume', '../outside', 'link/file'],
    ['an absolute link', '/etc', 'link/passwd'],
    ['a link to the folder above', '..', 'link/outside/file'],
    ['a link to something that is not there yet', '../outside/new', 'link'],
  ])('is refused through %s', async (_, target, path) => {
    await symlink(target, join(root, 'link'));
    await expect(openBelow(root, path, 0o755)).rejects.toBeInstanceOf(UnsafePath);
    await expect(stat(join(outside, 'new'))).rejects.toThrow();
  });

  it('is refused in words that tell nothing of the host', () => {
    expect(refusalOf('/abs')).toBe('error SubPath `/abs` must not be an absolute path');
    expect(refusalOf('a/../b')).toBe("unable to provision SubPath `a/../b`: must not contain '..'");
    expect(refusalOf('a..b')).toBeUndefined();
  });
});

const done = (work: Promise<void>) =>
  work.then(
    () => true,
    () => false,
  );

/** Changes a folder into a link and back, as fast as it can, as a container would. */
async function swapper(): Promise<{ swaps: number; stop(): Promise<void> }> {
  const state = { swaps: 0, stop: async (): Promise<void> => undefined };
  const [folder, kept, link] = [join(root, 'a'), join(root, 'kept'), join(root, 'link')];
  let stopped = false;
  const run = (async () => {
    while (!stopped) {
      await symlink(outside, link);
      await rename(folder, kept);
      // While the name is free the other side may make a folder of it, as it is to.
      while (!(await done(rename(link, folder)))) await rm(folder, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
      while (!(await done(rename(kept, folder)))) await rm(folder, { recursive: true, force: true });
      state.swaps += 1;
    }
  })();
  state.stop = async () => {
    stopped = true;
    await run;
  };
  return state;
}

describe('against a container that swaps a folder for a link while paths are opened', () => {
  it('never gives what is outside', async () => {
    const swapping = await swapper();
    const outcomes = { inside: 0, refused: 0 };
    try {
      for (let i = 0; i < 2_000; i++) {
        const content = await read('a/file').catch(() => 'refused');
        expect(content).not.toBe('secret');
        if (content === 'inside') outcomes.inside += 1;
        else outcomes.refused += 1;
      }
    } finally {
      await swapping.stop();
    }
    // The race was run: both outcomes were met.
    expect(outcomes.inside).toBeGreaterThan(0);
    expect(outcomes.refused).toBeGreaterThan(0);
  });

  it('never makes a folder outside', async () => {
    const swapping = await swapper();
    try {
      for (let i = 0; i < 500; i++) {
        const opened = await openBelow(root, `a/made-${i}`, 0o755).catch(() => undefined);
        await opened?.handle.close();
        await expect(stat(join(outside, `made-${i}`))).rejects.toThrow();
      }
    } finally {
      await swapping.stop();
    }
  });
});

it('stays in the volume, whatever links are in it and whatever is asked for', async () => {
  const name = fc.constantFrom('x', 'y', 'z');
  const part = fc.oneof(name, fc.constantFrom('..', '.'));
  const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const target = fc.oneof(
    path,
    path.map((p) => `../${p}`),
    fc.constantFrom('/', '/etc', outside, '../../../..'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, target), { maxLength: 3 }), path, async (links, subPath) => {
      const base = await mkdtemp(join(dir, 'case-'));
      const volume = join(base, 'volume');
      await mkdir(volume);
      for (const [link, to] of links) await symlink(to, join(volume, link)).catch(() => undefined);
      const opened = await openBelow(volume, subPath, 0o755).catch(() => undefined);
      if (opened === undefined) return;
      const real = await readlink(opened.fdPath);
      await opened.handle.close();
      expect(real === volume || real.startsWith(`${volume}/`)).toBe(true);
    }),
    { numRuns: 150 },
  );
});

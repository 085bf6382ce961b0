import * as fs from 'node:fs/promises';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Payload, type WriterDisk, writeAtomically } from './atomic-writer.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-writer-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const payload = (files: Record<string, string>, mode = 0o644): Payload =>
  new Map(Object.entries(files).map(([path, text]) => [path, { data: Buffer.from(text), mode }]));

/** What a reader in a container sees: every file by the names in the volume. */
async function seen(volume: string): Promise<Record<string, string>> {
  const files: [string, string][] = [];
  const walk = async (at: string, path: string) => {
    for (const name of await readdir(at)) {
      if (path === '' && name.startsWith('..')) continue;
      const below = path === '' ? name : `${path}/${name}`;
      // A link to nothing is a file that is not there.
      const found = await stat(join(at, name)).catch(() => undefined);
      if (found?.isDirectory() === true) await walk(join(at, name), below);
      else if (found !== undefined) files.push([below, await readFile(join(at, name), 'utf8')]);
    }
  };
  await walk(volume, '');
  return Object.fromEntries(files.sort());
}

/** Dies at the n-th thing that it does to the disk. */
function dyingDisk(steps: number): WriterDisk {
  let left = steps;
  const dying = Object.entries(fs).map(([name, does]) => [
    name,
    (...args: unknown[]) => {
      if (left-- <= 0) return Promise.reject(new Error('died'));
      return (does as (...args: unknown[]) => Promise<unknown>)(...args);
    },
  ]);
  return Object.fromEntries(dying) as WriterDisk;
}

it('writes files with their modes, whatever the umask, through links', async () => {
  const files: Payload = new Map([
    ['a', { data: Buffer.from('1'), mode: 0o666 }],
    ['dir/b', { data: Buffer.from('2'), mode: 0o400 }],
  ]);
  expect(await writeAtomically(dir, files)).toBe(true);
  expect(await seen(dir)).toEqual({ a: '1', 'dir/b': '2' });
  expect((await stat(join(dir, 'a'))).mode & 0o777).toBe(0o666);
  expect((await stat(join(dir, 'dir/b'))).mode & 0o777).toBe(0o400);
  expect(await fs.readlink(join(dir, 'a'))).toBe('..data/a');
});

it('touches nothing when nothing has changed, and sees a change of a mode alone', async () => {
  await writeAtomically(dir, payload({ a: '1' }));
  const folder = await fs.readlink(join(dir, '..data'));
  expect(await writeAtomically(dir, payload({ a: '1' }))).toBe(false);
  expect(await fs.readlink(join(dir, '..data'))).toBe(folder);
  expect(await writeAtomically(dir, payload({ a: '1' }, 0o600))).toBe(true);
});

it('gives the group of the pod what it needs to read', async () => {
  await writeAtomically(dir, payload({ 'dir/a': '1' }, 0o400), { gid: 4242 });
  const [file, folder] = await Promise.all([stat(join(dir, 'dir/a')), stat(join(dir, 'dir'))]);
  expect([file.gid, file.mode & 0o7777, folder.gid, folder.mode & 0o7777]).toEqual([4242, 0o440, 4242, 0o2755]);
});

it.each(['../x', '/x', 'a/../b', '..data', '', 'a//b', 'a/./b', 'x\0y'])('refuses the path %j', async (path) => {
  await expect(writeAtomically(dir, payload({ [path]: '' }))).rejects.toThrow('invalid path');
});

const names = fc.constantFrom('a', 'b', 'c', 'dir/x', 'dir/y', 'dir/deep/z', 'other/x');
const payloads = fc
  .uniqueArray(fc.tuple(names, fc.constantFrom('1', '2', 'three')), { selector: ([name]) => name, maxLength: 5 })
  .map((entries) => Object.fromEntries(entries.sort()));

/** For each name in both, either both files of one version: the reader's view is one of them, but for names that come or go. */
function isOneOf(view: Record<string, string>, old: Record<string, string>, next: Record<string, string>): boolean {
  return [old, next].some((version) => Object.entries(view).every(([name, text]) => version[name] === text));
}

it('shows all of the old or all of the new, whenever it dies, and is whole after the next try', async () => {
  await fc.assert(
    fc.asyncProperty(payloads, payloads, fc.nat({ max: 40 }), async (old, next, steps) => {
      const volume = await mkdtemp(join(dir, 'case-'));
      await writeAtomically(volume, payload(old));
      const died = await writeAtomically(volume, payload(next), {}, dyingDisk(steps)).then(
        () => false,
        () => true,
      );
      const view = await seen(volume);
      expect(isOneOf(view, old, next)).toBe(true);
      if (!died) expect(view).toEqual(next);
      await writeAtomically(volume, payload(next));
      expect(await seen(volume)).toEqual(next);
      const own = (await readdir(volume)).filter((name) => name.startsWith('..'));
      expect(own.sort()).toEqual([await fs.readlink(join(volume, '..data')), '..data'].sort());
    }),
    { numRuns: 150 },
  );
});

import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeFolder } from './folders.ts';

it('makes a folder and those above it, once', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-folders-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const folder = join(dir, 'a', 'b', 'c');
  await makeFolder(folder, 0o700);
  await makeFolder(folder);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  await writeFile(join(dir, 'file'), '');
  await expect(makeFolder(join(dir, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(join(dir, 'file', 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

it('says where none can be made, in place of trying for ever', async () => {
  const place = '/proc/self/kubus/state';
  await expect(makeFolder(place)).rejects.toThrow(
    /^\/proc\/self\/kubus: no folder can be made there; name another one/,
  );
});

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEnvFile } from './env-file.ts';

let dir: string;
let volume: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-env-file-'));
  volume = join(dir, 'volume');
  await mkdir(join(volume, 'deep'), { recursive: true });
  await writeFile(join(dir, 'secret'), "A='host'");
});
afterEach(() => rm(dir, { recursive: true }));

describe('a file of variables in a volume', () => {
  it('is read where it is, through links within the volume', async () => {
    await writeFile(join(volume, 'deep', 'app.env'), "A='1'");
    await symlink('deep/app.env', join(volume, 'link.env'));
    expect(await readEnvFile(volume, 'deep/app.env')).toBe("A='1'");
    expect(await readEnvFile(volume, 'link.env')).toBe("A='1'");
  });

  it('may not be there', async () => {
    expect(await readEnvFile(volume, 'none.env')).toBeUndefined();
    expect(await readEnvFile(volume, 'none/app.env')).toBeUndefined();
  });

  it('is nothing but a plain file of the volume that is not too long', async () => {
    await symlink('../secret', join(volume, 'out.env'));
    await symlink('/etc', join(volume, 'etc'));
    execFileSync('mkfifo', [join(volume, 'pipe.env')]);
    await writeFile(join(volume, 'long.env'), '');
    await truncate(join(volume, 'long.env'), 1024 * 1024 + 1);
    for (const path of ['out.env', 'etc/hostname', 'pipe.env', 'long.env', 'deep'])
      await expect(readEnvFile(volume, path), path).rejects.toThrow("couldn't parse env file");
  });
});

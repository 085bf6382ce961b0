import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { ReloadedFile } from './reloaded-file.ts';

it('says what the file says by now; a file that cannot be right changes nothing', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-reload-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const path = join(dir, 'config.yaml');
  const [errors, ended]: [string[], string[]] = [[], []];
  const open = () =>
    ReloadedFile.open({
      path,
      make: async (text) => {
        if (text === '') throw new Error('nobody');
        return text;
      },
      end: (text) => ended.push(text),
      onError: (error) => errors.push(String(error)),
      onReload: () => undefined,
      intervalMs: 5,
    });
  await writeFile(path, '');
  await expect(open()).rejects.toThrow('nobody');
  await writeFile(path, 'mia');
  const file = await open();
  expect(file.current).toBe('mia');
  await writeFile(path, '');
  await eventually(() => expect(errors).toContain('Error: nobody'));
  expect(file.current).toBe('mia');
  await writeFile(path, 'tom');
  await eventually(() => expect(file.current).toBe('tom'));
  expect(ended).toEqual(['mia']);
  file.close();
  expect(ended).toEqual(['mia', 'tom']);
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { ReloadedTokens } from './reloaded-tokens.ts';

/** A file that names the user whose every token holds. */
const make = (text: string) => {
  if (text === '') throw new Error('nobody');
  return {
    authenticate: async () => ({ user: { username: text, groups: [] }, audiences: [] }),
    close: () => closed.push(text),
  };
};
const closed: string[] = [];

it('hold as the file says by now; a file that cannot be right changes nothing', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-reload-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const path = join(dir, 'config.yaml');
  const errors: string[] = [];
  const open = () =>
    ReloadedTokens.open({
      path,
      make,
      onError: (error) => errors.push(String(error)),
      onReload: () => undefined,
      intervalMs: 5,
    });
  await writeFile(path, '');
  await expect(open()).rejects.toThrow('nobody');
  await writeFile(path, 'mia');
  const tokens = await open();
  onTestFinished(() => tokens.close());
  const user = async () => (await tokens.authenticate('x'))?.user.username;
  expect(await user()).toBe('mia');
  await writeFile(path, '');
  await eventually(() => expect(errors).toContain('Error: nobody'));
  expect(await user()).toBe('mia');
  await writeFile(path, 'tom');
  await eventually(async () => expect(await user()).toBe('tom'));
  expect(closed).toEqual(['mia']);
});

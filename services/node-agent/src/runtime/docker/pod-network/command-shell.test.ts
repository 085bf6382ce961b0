import { expect, it } from 'vitest';
import { CommandShell } from './command-shell.ts';

it('runs commands side by side and tells each how it ended', async () => {
  const shell = new CommandShell();
  const outcomes = await Promise.allSettled([
    shell.run('sleep 0.2 && true'),
    shell.run('echo "no such  thing" >&2; exit 3'),
    shell.run('printf "a\\nb" | grep -q b'),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(outcomes[1]).toMatchObject({ reason: { message: 'ended with 3: no such thing' } });
});

it('starts another shell when one has ended, and fails what was under way', async () => {
  const shell = new CommandShell();
  await expect(shell.run('kill -9 $$; sleep 1')).rejects.toThrow('the shell has ended');
  await expect(shell.run('true')).resolves.toBeUndefined();
});

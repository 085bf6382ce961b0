import { expect, it } from 'vitest';
import { AnyOfTokens, type BearerTokens } from './bearer.ts';

it('asks one kind of tokens after the other, until one knows the token', async () => {
  const asked: string[] = [];
  const kind = (name: string, token: string): BearerTokens => ({
    authenticate: async (shown) => {
      asked.push(name);
      return shown === token ? { user: { username: name, groups: [] }, audiences: [] } : undefined;
    },
  });
  const tokens = new AnyOfTokens([kind('first', 'a'), kind('second', 'b'), kind('third', 'b')]);
  expect((await tokens.authenticate('b'))?.user.username).toBe('second');
  expect(asked.splice(0)).toEqual(['first', 'second']);
  expect(await tokens.authenticate('c')).toBeUndefined();
  expect(asked).toEqual(['first', 'second', 'third']);
});

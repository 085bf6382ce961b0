import { OpenApiDocuments } from '@kubus/shared/schema';
import { expect, it } from 'vitest';
import { ForeignV2Documents } from './foreign-v2.ts';

const own = new OpenApiDocuments([], 'v1.36.0');
const flunders = '/apis/wardle.example.com/v1/flunders';

it('asks others once a minute, and again when there are other ones', async () => {
  let now = 0;
  const asked: string[] = [];
  let versions = [{ group: 'wardle.example.com', version: 'v1' }];
  const documents = new ForeignV2Documents(
    {
      remoteVersions: () => versions,
      openApiV2: async (group, version) => {
        asked.push(`${group}/${version}`);
        if (group === 'silent.example.com') throw new Error('no answer');
        return { paths: { [flunders]: {} } };
      },
    },
    () => now,
  );
  const paths = async () => JSON.parse((await documents.beside(own)).v2Json().body.toString()).paths;
  expect(await paths()).toEqual({ [flunders]: {} });
  await paths();
  expect(asked).toHaveLength(1);
  now = 60_000;
  await paths();
  expect(asked).toHaveLength(2);
  versions = [...versions, { group: 'silent.example.com', version: 'v1' }];
  expect(await paths()).toEqual({ [flunders]: {} });
  expect(asked.slice(2)).toEqual(['wardle.example.com/v1', 'silent.example.com/v1']);
  versions = [];
  expect(documents.beside(own)).toBe(own);
});

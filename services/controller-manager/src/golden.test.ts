import { globSync } from 'node:fs';
import { expect, it } from 'vitest';
import { allControllers, expectGolden, GoldenCase } from './common/testing/golden.ts';
import { World } from './common/testing/world.ts';

const here = new URL('.', import.meta.url);
/** As 'deployment/testdata/new.in.yaml'. */
const cases = globSync('*/testdata/*.in.yaml', { cwd: here })
  .sort()
  .map((path): [string, GoldenCase] => [path, new GoldenCase(new URL(path, here), path.slice(0, path.indexOf('/')))]);

it.each(cases)('%s', (_, golden) => expectGolden(golden));

it('every controller has a case', () => {
  const all = allControllers(new World()).map(({ name }) => name);
  const told = new Set(cases.map(([, { controller }]) => controller));
  expect(all.filter((name) => !told.has(name))).toEqual([]);
});

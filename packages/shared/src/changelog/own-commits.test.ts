import { expect, it } from 'vitest';
import type { KubeObject } from '../object/index.ts';
import { OwnCommits } from './own-commits.ts';

const object = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name } });

it('gives what was committed at a revision once', () => {
  const own = new OwnCommits();
  own.note('c', 7, object('a'));
  expect(own.take(7)).toEqual({ commit: 'c', object: object('a') });
  expect(own.take(7)).toBe(undefined);
});

it('forgets the oldest, when what was committed does not come back', () => {
  const own = new OwnCommits();
  for (let revision = 1; revision <= 5_000; revision++) own.note('c', revision, object('a'));
  expect(own.take(1)).toBe(undefined);
  expect(own.take(5_000)).not.toBe(undefined);
});

import { expect, it } from 'vitest';
import type { KubeObject } from '../object/index.ts';
import { OwnCommits } from './own-commits.ts';

const object = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name } });

const pods = { group: '', resource: 'pods' };

it('gives what was committed at a revision once', () => {
  const own = new OwnCommits();
  own.follow(pods);
  own.note('c', 7, pods, object('a'));
  expect(own.take(7)).toEqual({ commit: 'c', object: object('a') });
  expect(own.take(7)).toBe(undefined);
});

it('forgets the oldest, when what was committed does not come back', () => {
  const own = new OwnCommits();
  own.follow(pods);
  for (let revision = 1; revision <= 5_000; revision++) own.note('c', revision, pods, object('a'));
  expect(own.take(1)).toBe(undefined);
  expect(own.take(5_000)).not.toBe(undefined);
});

it('keeps nothing of a resource that nobody follows', () => {
  const own = new OwnCommits();
  own.note('c', 1, pods, object('a'));
  own.follow(pods);
  own.note('c', 2, { group: 'apps', resource: 'pods' }, object('a'));
  own.note('c', 3, pods, object('a'));
  own.unfollow(pods);
  own.note('c', 4, pods, object('a'));
  expect([1, 2, 3, 4].filter((revision) => own.take(revision) !== undefined)).toEqual([3]);
});

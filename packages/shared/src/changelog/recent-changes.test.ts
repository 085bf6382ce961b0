import { expect, it } from 'vitest';
import { formatChange, formatChangeWithoutObject } from './message.ts';
import { RecentChanges } from './recent-changes.ts';

const key = { group: '', resource: 'pods', namespace: 'default', name: 'a' };
const head = (commit: string) => ({ type: 'updated' as const, revision: 7, previousRevision: 5, commit });
const object = (more: object = {}) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', ...more } });
const message = (commit: string, more?: object) =>
  formatChange(head(commit), Buffer.from(JSON.stringify(object(more))));

it('who reads a change second gets the object of the first', () => {
  const recent = new RecentChanges();
  const first = recent.parse(key, message('c1'));
  const second = recent.parse(key, message('c1'));
  expect(second).toEqual({ type: 'updated', key, revision: 7, previousRevision: 5, object: object() });
  expect(second?.object).toBe(first?.object);
});

it('the same revision of another history is another change', () => {
  const recent = new RecentChanges();
  recent.parse(key, message('c1'));
  expect(recent.parse(key, message('c2', { uid: 'other' }))?.object).toEqual(object({ uid: 'other' }));
});

it('a text that looks like the start of the object does not end the head', () => {
  const recent = new RecentChanges();
  const odd = 'c,"object":{}';
  recent.parse(key, message(odd));
  expect(recent.parse(key, message(odd))?.object).toEqual(object());
});

it('a change that came without its object stays without', () => {
  const recent = new RecentChanges();
  for (let i = 0; i < 2; i++) expect(recent.parse(key, formatChangeWithoutObject(head('c1')))).toBe(undefined);
});

it('remembers a bounded number of changes, and reads those that it forgot', () => {
  const recent = new RecentChanges();
  const first = recent.parse(key, message('c0'));
  for (let i = 1; i <= 5_000; i++) recent.parse(key, message(`c${i}`));
  const again = recent.parse(key, message('c0'));
  expect(again).toEqual(first);
  expect(again?.object).not.toBe(first?.object);
});

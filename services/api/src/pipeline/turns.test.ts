import type { KubeObject } from '@kubus/shared/object';
import { expect, it } from 'vitest';
import { Turns } from './turns.ts';

const object = (resourceVersion: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', resourceVersion },
});

it('lets one after the other at an object, each with what the one before has left', async () => {
  const turns = new Turns();
  const first = await turns.take('a');
  const order: string[] = [];
  const taken: boolean[] = [];
  const wait = async (name: string) => {
    const turn = await turns.take('a');
    order.push(`${name} after ${turn.former?.metadata.resourceVersion}`);
    turn.done(object(name));
    taken.push(turns.isTaken('a'));
  };
  const others = [wait('2'), wait('3')];
  const elsewhere = await turns.take('b');
  expect([first.former, elsewhere.former, turns.isTaken('a')]).toEqual([undefined, undefined, true]);
  first.done(object('1'));
  await Promise.all(others);
  expect(order).toEqual(['2 after 1', '3 after 2']);
  expect(taken).toEqual([true, false]);
});

it('goes on without whoever does not come to an end', async () => {
  const turns = new Turns(1);
  await turns.take('a');
  const second = await turns.take('a');
  expect(second.former).toBeUndefined();
  second.done(undefined);
  expect(turns.isTaken('a')).toBe(false);
});

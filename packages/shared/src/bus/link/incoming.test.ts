import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { eventually } from '@kubus/testkit';
import { expect, it } from 'vitest';
import { Incoming } from './incoming.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Of what is pushed, the test keeps nothing itself. */
function pushed(incoming: Incoming): WeakRef<Uint8Array> {
  const data = new Uint8Array(1024);
  incoming.push({ channel: 0, data });
  return new WeakRef(data);
}

it('holds nothing that was taken, also while more waits', async () => {
  const incoming = new Incoming(() => undefined);
  const first = pushed(incoming);
  const second = pushed(incoming);
  await incoming.next();
  await eventually(() => {
    collect();
    expect(first.deref()).toBeUndefined();
  });
  expect(second.deref()).toBeDefined();
  expect(await incoming.next()).toMatchObject({ value: { channel: 0 }, done: false });
});

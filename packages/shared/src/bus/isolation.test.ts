import type { ServerInfo } from 'nats';
import { beforeEach, expect, it, vi } from 'vitest';
import { Isolation } from './isolation.ts';

const servers = ['a:4222', 'b:4222'];
let at: number;
let left: string[];
let returns: number;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  [at, left, returns] = [0, [], 1];
  return () => void vi.useRealTimers();
});

/** Comes back to the same server `returns` times, as nats.js does. */
function connection(cluster: string | undefined) {
  return {
    info: { cluster } as ServerInfo & { cluster?: string },
    isClosed: () => false,
    getServer: () => servers[at] as string,
    reconnect: async () => {
      left.push(servers[at] as string);
      if (returns-- <= 0) at = (at + 1) % servers.length;
    },
  };
}

function failFor(isolation: Isolation, ms: number): void {
  for (let passed = 0; passed <= ms; passed += 1_000) {
    isolation.failed();
    vi.advanceTimersByTime(1_000);
  }
}

it('leaves a server at which everything has failed for its time, once more when that was the same one again', () => {
  const isolation = new Isolation(connection('c'), { patienceMs: 10_000 });
  failFor(isolation, 9_000);
  expect(left).toEqual([]);
  failFor(isolation, 2_000);
  expect(left).toEqual(['a:4222', 'a:4222']);
  expect(at).toBe(1);
});

it('stays where something works now and then', () => {
  const isolation = new Isolation(connection('c'), { patienceMs: 10_000 });
  for (let round = 0; round < 5; round++) {
    failFor(isolation, 8_000);
    isolation.worked();
  }
  expect(left).toEqual([]);
});

it('waits longer each time where it is the same everywhere', () => {
  returns = 0;
  const isolation = new Isolation(connection('c'), { patienceMs: 10_000 });
  failFor(isolation, 200_000);
  expect(left.length).toBeLessThan(7);
  expect(left.length).toBeGreaterThan(3);
});

it("never leaves a server that is no cluster's", () => {
  failFor(new Isolation(connection(undefined), { patienceMs: 1_000 }), 60_000);
  expect(left).toEqual([]);
});

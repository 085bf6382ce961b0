import { PublishError } from '@kubus/shared/changelog';
import type { NatsConnection } from 'nats';
import { expect, it } from 'vitest';
import { Succession, type SuccessionOptions } from './succession.ts';

const full = new PublishError('{"error":{"code":503,"description":"no space left on device"}}');

function succession(options: Partial<SuccessionOptions> = {}) {
  const clock = { now: 0, asked: 0 };
  const of = new Succession({
    connection: { info: { cluster: 'c' } } as Pick<NatsConnection, 'info'>,
    log: { warn: () => undefined },
    replicas: 3,
    stepDown: async () => void clock.asked++,
    now: () => clock.now,
    ...options,
  });
  return { clock, of };
}

it('asks for another leader when the one that there is refuses again and again, every ten seconds at most', async () => {
  const { clock, of } = succession();
  await of.failed(full, 1);
  expect(clock.asked).toBe(0);
  await of.failed(full, 2);
  expect(clock.asked).toBe(1);
  clock.now = 9_999;
  await of.failed(full, 3);
  expect(clock.asked).toBe(1);
  clock.now = 10_000;
  await of.failed(full, 4);
  expect(clock.asked).toBe(2);
});

it.each<[string, Partial<SuccessionOptions>, unknown]>([
  ['nothing was published', {}, new Error('Redis is away')],
  ['no other server has a copy', { replicas: 1 }, full],
  ['there is one server', { connection: {} }, full],
])('asks nobody when %s', async (_, options, error) => {
  const { clock, of } = succession(options);
  await of.failed(error, 5);
  expect(clock.asked).toBe(0);
});

it('goes on when the leader does not answer', async () => {
  const { of } = succession({ stepDown: () => Promise.reject(new Error('TIMEOUT')) });
  await expect(of.failed(full, 2)).resolves.toBeUndefined();
});

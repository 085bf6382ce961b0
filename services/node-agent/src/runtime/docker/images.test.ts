import { eventually } from '@kubus/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Refusal } from '../../../test/fake-docker/model.ts';
import { FakeDocker } from '../../../test/fake-docker/server.ts';
import { ImageError } from '../contract.ts';
import { DockerImages } from './images.ts';

let fake: FakeDocker;
beforeEach(async () => {
  fake = await FakeDocker.start();
});
afterEach(() => fake.stop());

const pull = (pullQuietMs?: number): Promise<unknown> => {
  const options = { docker: fake.docker, scope: { cluster: 'c', node: 'n' }, callTimeoutMs: 10_000, pullQuietMs };
  return new DockerImages(options).pull('registry.example/app:1').then(
    () => 'pulled',
    (error: unknown) => error,
  );
};

it('a pull that the registry refuses fails with what the engine says', async () => {
  fake.before = () => {
    throw new Refusal(500, 'toomanyrequests: You have reached your pull rate limit');
  };
  const error = await pull();
  expect(error).toBeInstanceOf(ImageError);
  expect(error).toMatchObject({ message: expect.stringContaining('toomanyrequests') });
});

it('a pull that fails after it has begun fails with what the engine says', async () => {
  fake.brokenPulls.set('registry.example/app', 'no space left on device');
  const error = await pull();
  expect(error).toBeInstanceOf(ImageError);
  expect(error).toMatchObject({ message: 'no space left on device' });
});

it('a pull whose engine dies meanwhile fails', async () => {
  fake.brokenPulls.set('registry.example/app', '');
  const pulling = pull();
  await eventually(() => expect(fake.pulling).toBe(1));
  await fake.goAway();
  expect(await pulling).toBeInstanceOf(ImageError);
});

it('a pull of which nothing more is heard is given up, by the engine too', async () => {
  fake.brokenPulls.set('registry.example/app', '');
  const error = await pull(200);
  expect(error).toBeInstanceOf(ImageError);
  expect(error).toMatchObject({ message: 'the pull made no progress for 0.2 s' });
  await eventually(() => expect(fake.pulling).toBe(0));
});

it('a pull that the engine does not begin is given up', async () => {
  let answer: () => void = () => undefined;
  fake.before = () => new Promise((resolve) => (answer = resolve));
  expect(await pull(200)).toMatchObject({ message: 'the pull made no progress for 0.2 s' });
  answer();
});

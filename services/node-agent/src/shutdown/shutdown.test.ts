import { eventually } from '@kubus/testkit';
import { describe, expect, it } from 'vitest';
import { FakeDocker } from '../../test/fake-docker/server.ts';
import { buildPod, container, silent, startRig } from '../../test/rig.ts';
import { DockerRuntime } from '../runtime/docker/docker-runtime.ts';
import { parsePeriods, shutdownGroups } from './plan.ts';
import { shutDown } from './shut-down.ts';

const pod = (name: string, priority: number) => buildPod(name, { priority });

describe('the groups in which pods end', () => {
  const names = (periods: string) =>
    shutdownGroups(
      [pod('system', 2_000_000_000), pod('low', -5), pod('plain', 0), pod('high', 1000)],
      parsePeriods(periods),
    ).map(({ seconds, pods }) => [seconds, ...pods.map(({ metadata }) => metadata.name)]);

  it('go by priority, the least first, and every pod is in one', () => {
    expect(names('0=20,1000=10,2000000000=5')).toEqual([
      [20, 'low', 'plain'],
      [10, 'high'],
      [5, 'system'],
    ]);
    expect(names('500=30')).toEqual([[30, 'system', 'low', 'plain', 'high']]);
    expect(names('')).toEqual([]);
  });

  it.each(['x=1', '0', '0=-1', '0=1s'])('are not given by %s', (text) => {
    expect(() => parsePeriods(text)).toThrow();
  });
});

describe('a node that shuts down', () => {
  it('ends its pods group by group, and says why', async () => {
    const fake = await FakeDocker.start({ programs: { run: {}, stubborn: { ignoresTerm: true } } });
    const runtime = await DockerRuntime.open({ docker: fake.docker, scope: { cluster: 'c', node: 'n1' }, log: silent });
    const rig = await startRig({ runtime });
    rig.api.create(
      buildPod('low', {
        priority: 0,
        containers: [container('main', 'stubborn')],
        terminationGracePeriodSeconds: 3600,
      }),
    );
    rig.api.create(buildPod('high', { priority: 1000 }));
    for (const name of ['low', 'high']) await eventually(() => expect(rig.api.pod(name).status?.phase).toBe('Running'));
    const order: string[] = [];
    await shutDown({
      periods: parsePeriods('0=1,1000=1'),
      pods: () => rig.manager.pods(),
      doom: (uid, doom) => {
        order.push(uid);
        rig.manager.doom(uid, doom);
      },
      ...{ runtime, log: silent },
    });
    expect(order).toEqual(['uid-low', 'uid-high']);
    for (const name of ['low', 'high']) {
      await eventually(() => expect(rig.api.pod(name).status?.containerStatuses?.[0]?.state?.terminated).toBeDefined());
      expect(rig.api.pod(name).status).toMatchObject({
        phase: 'Failed',
        reason: 'Terminated',
        message: 'Pod was terminated in response to imminent node shutdown.',
      });
      expect(rig.api.pod(name).status?.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
        status: 'True',
        reason: 'TerminationByKubelet',
      });
    }
    await rig.stop();
    await fake.stop();
  });
});

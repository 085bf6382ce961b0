import { beforeEach, describe, expect, it } from 'vitest';
import { Scaling } from './testing/scaling.ts';

let scaling: Scaling;
beforeEach(() => {
  scaling = new Scaling();
});

describe('behaviour', () => {
  const policies = (type: string, value: number, periodSeconds = 60) => [{ type, value, periodSeconds }];

  it('lets no more replicas come in a period than its policies allow', async () => {
    scaling.scaleTo(1);
    scaling.create({ behavior: { scaleUp: { selectPolicy: 'Max', policies: policies('Pods', 2) } } });
    scaling.cpu(2000);
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(3);
    expect(scaling.condition('ScalingLimited')).toMatchObject({
      status: 'True',
      reason: 'ScaleUpLimit',
      message: 'the desired replica count is increasing faster than the maximum scale rate',
    });
    scaling.cpu(2000);
    await scaling.look();
    expect(scaling.replicas).toBe(3);
    await scaling.driver.advance(45_000);
    expect(scaling.replicas).toBe(5);
  });

  it('lets no more replicas go in a period than its policies allow, or none at all', async () => {
    scaling.scaleTo(10);
    const scaleDown = { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: policies('Percent', 30) };
    scaling.create({ behavior: { scaleDown } });
    scaling.cpu(10);
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(7);
    expect(scaling.condition('ScalingLimited')?.reason).toBe('ScaleDownLimit');

    scaling = new Scaling();
    scaling.scaleTo(10);
    scaling.create({ behavior: { scaleDown: { ...scaleDown, selectPolicy: 'Disabled' } } });
    scaling.cpu(10);
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(10);
  });

  it('waits before it adds, when it is told to', async () => {
    scaling.scaleTo(1);
    scaling.create({
      behavior: { scaleUp: { stabilizationWindowSeconds: 60, policies: policies('Percent', 900, 15) } },
    });
    scaling.cpu(100);
    await scaling.driver.settle();
    scaling.cpu(400);
    await scaling.look();
    expect(scaling.replicas).toBe(1);
    expect(scaling.condition('AbleToScale')?.reason).toBe('ScaleUpStabilized');
    await scaling.driver.advance(60_000);
    expect(scaling.replicas).toBe(4);
  });

  it('has tolerances of its own', async () => {
    scaling.scaleTo(4);
    scaling.cpu(109);
    scaling.create({ behavior: { scaleUp: { tolerance: '50m', policies: policies('Pods', 4, 15) } } });
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(5);
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newPod } from '../common/testing/world.ts';
import { noHistory, withRecommendation } from './history.ts';
import { needsMetrics, type Observed, plan } from './plan.ts';
import type { Autoscaler, MetricSpec, Reading } from './types.ts';

const now = Date.UTC(2026, 0, 1);

/** An external metric of which each replica is to have ten: so many replicas are asked for as the value has tens. */
const metric = (name: string): MetricSpec => ({
  type: 'External',
  external: { metric: { name }, target: { type: 'AverageValue', averageValue: '10' } },
});
const reading: fc.Arbitrary<Reading> = fc.oneof(
  { weight: 3, arbitrary: fc.nat(300).map((value) => ({ value: value * 1000 })) },
  { weight: 1, arbitrary: fc.constant({ problem: 'no answer' }) },
);

const observations = fc
  .record({
    minReplicas: fc.nat(5),
    range: fc.integer({ min: 1, max: 20 }),
    replicas: fc.nat(30),
    readings: fc.array(reading, { minLength: 1, maxLength: 4 }),
    rivals: fc.constantFrom(undefined, undefined, ['shop/other', 'shop/web']),
    recommended: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 5 }),
  })
  .map(({ minReplicas, range, replicas, readings, rivals, recommended }): Observed => {
    const autoscaler: Autoscaler = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'web' },
        ...{ minReplicas, maxReplicas: minReplicas + range },
        metrics: readings.map((_, i) => metric(`m${i}`)),
      },
    };
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    return {
      autoscaler,
      scale: { replicas, statusReplicas: replicas, selector: 'app=web' },
      pods: Array.from({ length: replicas }, (_, i) => newPod(`web-${i}`, { status })),
      readings,
      ...(rivals === undefined ? {} : { rivals }),
      history: recommended.reduce(
        (before, n, i) => withRecommendation(before, n, now - 600_000 + i * 100_000),
        noHistory,
      ),
    };
  });

it('stays within the bounds whatever is measured, and leaves alone what was scaled to nothing', () => {
  fc.assert(
    fc.property(observations, (observed) => {
      const { minReplicas = 1, maxReplicas } = observed.autoscaler.spec;
      const { replicas } = plan(observed, now);
      const isOff = observed.scale.replicas === 0 && minReplicas > 0;
      expect(replicas).toBeGreaterThanOrEqual(isOff ? 0 : minReplicas);
      expect(replicas).toBeLessThanOrEqual(isOff ? 0 : maxReplicas);
    }),
  );
});

it('does what the metric says that asks for most; one that cannot be had asks for what is there', () => {
  fc.assert(
    fc.property(observations, (observed) => {
      const { autoscaler, readings } = observed;
      const alone = readings.map((one, i) => {
        const spec = { ...autoscaler.spec, metrics: [metric(`m${i}`)] };
        return plan({ ...observed, autoscaler: { ...autoscaler, spec }, readings: [one] }, now).replicas;
      });
      expect(plan(observed, now).replicas).toBe(Math.max(...alone));
    }),
  );
});

it('goes by no metric where none is needed, and moves nothing that others scale, too', () => {
  fc.assert(
    fc.property(observations, (observed) => {
      const { autoscaler, scale, rivals } = observed;
      const planned = plan(observed, now);
      if (!needsMetrics(autoscaler, scale)) expect(planned).toEqual(plan({ ...observed, readings: [] }, now));
      else if (rivals !== undefined) expect(planned.replicas).toBe(scale.replicas);
    }),
  );
});

it('says of each condition once how it is', () => {
  fc.assert(
    fc.property(observations, (observed) => {
      const types = plan(observed, now).conditions.map(({ type }) => type);
      expect(types).toContain('AbleToScale');
      expect(new Set(types).size).toBe(types.length);
    }),
  );
});

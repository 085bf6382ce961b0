import { type KubeObject, parseLabelSelector } from '@kubus/shared/object';
import type { Controller, ReconcileKey, ReconcileResult } from '@kubus/shared/reconcile';
import type { ControllerContext } from '../common/context.ts';
import { semanticEqual } from '../common/equality.ts';
import type { ServedKinds } from '../common/served-kinds.ts';
import type { Pod } from '../common/types.ts';
import { execute, statusOf, type Target, writeStatus } from './execute.ts';
import { historyAnnotation, parseHistory } from './history.ts';
import { condition, needsMetrics, plan } from './plan.ts';
import { read } from './readings.ts';
import { Rivals } from './rivals.ts';
import { getScale, type LiveScale } from './target.ts';
import { type Autoscaler, autoscalers } from './types.ts';

const pods = { group: '', resource: 'pods' };

export interface AutoscalerOptions {
  kinds: ServedKinds;
  /** Between two looks at one autoscaler; milliseconds. */
  syncPeriodMs: number;
}

/** Gives workloads as many replicas as their metrics ask for. */
export function createHorizontalPodAutoscalerController(
  context: ControllerContext,
  { kinds, syncPeriodMs }: AutoscalerOptions,
): Controller {
  const { informers, api, clock } = context;
  const events = context.events('horizontal-pod-autoscaler');
  const all = informers.get<Autoscaler>(autoscalers);
  const rivals = new Rivals(api, kinds);
  return {
    name: 'horizontal-pod-autoscaler',
    reads: [autoscalers, pods],
    watches: [
      { resource: autoscalers, map: (object, previous) => (sameSpec(object, previous) ? [] : [keyOf(object)]) },
    ],
    keys: () => all.list().map(keyOf),
    reconcile: async ({ namespace, name }): Promise<ReconcileResult> => {
      const autoscaler = all.get(namespace, name);
      if (autoscaler === undefined || autoscaler.metadata.deletionTimestamp !== undefined) return undefined;
      const target = { api, events, autoscaler, now: clock.now() };
      const scale = await scaleOf(target, kinds);
      if (scale !== undefined)
        await autoscale(target, scale, {
          kinds,
          candidates: informers.get<Pod>(pods).list(namespace),
          rivals: (selected) => rivals.selecting(selected, all.list(namespace), clock.now()),
        });
      return { requeueAfter: syncPeriodMs };
    },
  };
}

/** Its own writes do not bring an autoscaler back before its time. */
function sameSpec(object: KubeObject, previous: KubeObject | undefined): boolean {
  return previous !== undefined && semanticEqual((object as Autoscaler).spec, (previous as Autoscaler).spec);
}

/** Undefined when it cannot be had; then the status says so. */
async function scaleOf(target: Target, kinds: ServedKinds): Promise<LiveScale | undefined> {
  const { api, events, autoscaler, now } = target;
  const { namespace = '' } = autoscaler.metadata;
  const report = async (type: string, reason: string, event: string, message: string) => {
    events.event(autoscaler, 'Warning', reason === 'InvalidSelector' ? 'SelectorRequired' : reason, event);
    await writeStatus(
      autoscaler,
      statusOf(autoscaler, undefined, [condition(type, 'False', reason, message)], now),
      api,
    );
    return undefined;
  };
  let scale: LiveScale;
  try {
    scale = await getScale(api, kinds, namespace, autoscaler.spec.scaleTargetRef);
  } catch (error) {
    const { message } = error as Error;
    const text = `the HPA controller was unable to get the target's current scale: ${message}`;
    return report('AbleToScale', 'FailedGetScale', message, text);
  }
  if (scale.selector !== '') return scale;
  return report(
    'ScalingActive',
    'InvalidSelector',
    'selector is required',
    "the HPA target's scale is missing a selector",
  );
}

interface Surroundings {
  kinds: ServedKinds;
  /** All pods of the namespace. */
  candidates: readonly Pod[];
  /** Autoscalers that select one of these. */
  rivals(pods: readonly Pod[]): Promise<string[]>;
}

async function autoscale(target: Target, scale: LiveScale, surroundings: Surroundings): Promise<void> {
  const { autoscaler, api, now } = target;
  const { kinds, candidates } = surroundings;
  const { selector } = scale;
  const matcher = parseLabelSelector(selector);
  const question = { api, kinds, namespace: autoscaler.metadata.namespace ?? '', selector };
  const byMetrics = needsMetrics(autoscaler, scale);
  const selected = candidates.filter((pod) => matcher.matches(pod.metadata.labels));
  const rivals = byMetrics ? await surroundings.rivals(selected) : [];
  const specs = byMetrics && rivals.length < 2 ? (autoscaler.spec.metrics ?? []) : [];
  const observed = {
    autoscaler,
    scale,
    pods: selected,
    rivals,
    readings: await Promise.all(specs.map((spec) => read(spec, question))),
    history: parseHistory(autoscaler.metadata.annotations?.[historyAnnotation]),
  };
  await execute(plan(observed, now), scale, target);
}

const keyOf = ({ metadata }: KubeObject): ReconcileKey => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});

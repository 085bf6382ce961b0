import type { Deployment, PodTemplateSpec, ReplicaSet } from '../common/types.ts';
import { byRevision, revisionOf, rolledOutAnnotation } from './annotations.ts';
import { find } from './conditions.ts';
import { isComplete, type Rollout } from './status.ts';
import { hashLabel } from './template.ts';

/** On a Deployment, 'true': a rollout that misses its progress deadline is taken back (Kubernetes leaves it as it is). */
const optInAnnotation = 'kubus.io/automatic-rollback';
const changeCause = 'kubernetes.io/change-cause';

const asksForIt = ({ metadata }: Deployment): boolean => metadata.annotations?.[optInAnnotation] === 'true';

const hasRolledOut = ({ metadata }: ReplicaSet): boolean => metadata.annotations?.[rolledOutAnnotation] === 'true';

/** To be written on the newest ReplicaSet: that its rollout came to its end, so that it can be gone back to. */
export function rolledOutMark(deployment: Deployment, { newest }: Rollout): Record<string, string> {
  if (newest === undefined || hasRolledOut(newest) || !asksForIt(deployment)) return {};
  const seen = (newest.status?.availableReplicas ?? 0) > 0 && isComplete(deployment, deployment.status ?? {});
  return seen ? { [rolledOutAnnotation]: 'true' } : {};
}

export interface Rollback {
  template: PodTemplateSpec;
  /** The cause that the template was once rolled out for; undefined where none was given. */
  changeCause: string | undefined;
  from: bigint;
  to: bigint;
}

/**
 * What to go back to when the rollout under way has missed its deadline: the latest revision whose own rollout came to its end. Never from
 * such a one, however it fares later: then the pods fail for other reasons, and nothing says that an older one would do better.
 */
export function rollback(deployment: Deployment, { newest, old }: Rollout): Rollback | undefined {
  if (newest === undefined || deployment.spec.paused === true || !asksForIt(deployment) || hasRolledOut(newest))
    return undefined;
  const { conditions = [], observedGeneration = 0 } = deployment.status ?? {};
  const missed = find(conditions, 'Progressing')?.reason === 'ProgressDeadlineExceeded';
  if (!missed || observedGeneration < (deployment.metadata.generation ?? 0)) return undefined;
  const [target] = old.filter(hasRolledOut).sort((a, b) => byRevision(b, a));
  if (target?.spec.template === undefined) return undefined;
  return {
    template: withoutHash(target.spec.template),
    changeCause: target.metadata.annotations?.[changeCause],
    from: revisionOf(newest),
    to: revisionOf(target),
  };
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const labels = Object.entries(template.metadata?.labels ?? {}).filter(([key]) => key !== hashLabel);
  return { ...template, metadata: { ...template.metadata, labels: Object.fromEntries(labels) } };
}

/** The Deployment as it is to be after a rollback. */
export function rolledBack(deployment: Deployment, { template, changeCause: cause }: Rollback): Deployment {
  const others = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => key !== changeCause);
  const annotations = Object.fromEntries(cause === undefined ? others : [...others, [changeCause, cause]]);
  return {
    ...deployment,
    metadata: { ...deployment.metadata, annotations },
    spec: { ...deployment.spec, template },
  };
}

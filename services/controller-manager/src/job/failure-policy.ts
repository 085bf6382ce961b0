import type { Pod } from '../common/types.ts';
import type { PodFailurePolicy, PodFailurePolicyRule } from './types.ts';

export interface FailureVerdict {
  /** Whether the failure counts towards the back-off limits. */
  counts: boolean;
  action?: string;
  /** Why the whole Job fails; only with the action FailJob. */
  message?: string;
}

/** What the first rule that fits says about a failed pod (Kubernetes: matchPodFailurePolicy); without one the failure counts. */
export function judgeFailure(policy: PodFailurePolicy | undefined, pod: Pod): FailureVerdict {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const match = matchedBy(rule, pod);
    if (match === undefined) continue;
    const { action } = rule;
    if (action === 'FailJob')
      return { counts: true, action, message: `${match} matching ${action} rule at index ${index}` };
    return { counts: action !== 'Ignore', action };
  }
  return { counts: true };
}

/** The first half of the message, when the rule fits. */
function matchedBy(rule: PodFailurePolicyRule, pod: Pod): string | undefined {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (rule.onExitCodes !== undefined && rule.onExitCodes !== null) {
    const container = exitedAs(rule.onExitCodes, pod);
    return container && `Container ${container.name} for pod ${name} failed with exit code ${container.exitCode}`;
  }
  const condition = pod.status?.conditions?.find(({ type, status }) =>
    rule.onPodConditions?.some((pattern) => pattern.type === type && (pattern.status ?? 'True') === status),
  );
  return condition && `Pod ${name} has condition ${condition.type}`;
}

function exitedAs(
  requirement: NonNullable<PodFailurePolicyRule['onExitCodes']>,
  pod: Pod,
): { name: string; exitCode: number } | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  for (const { name, state } of [...containerStatuses, ...initContainerStatuses]) {
    const exitCode = state?.terminated?.exitCode ?? 0;
    if (exitCode === 0 || (requirement.containerName ?? name) !== name) continue;
    const listed = requirement.values.includes(exitCode);
    if (listed === (requirement.operator === 'In')) return { name, exitCode };
  }
  return undefined;
}

import type { Registry } from '@kubus/shared/registry';
import { policyExpressionErrors, webhookExpressionErrors } from '../admission/index.ts';
import { mandatoryFlowSchemas, mandatoryPriorityLevels } from '../flowcontrol/index.ts';
import type { Check, Deps } from './deps.ts';

/** What this service alone can judge of the objects that admission and flow control go by. */
export function checksOf(registry: Registry): Deps['checks'] {
  const admission = 'admissionregistration.k8s.io';
  const flowControl = 'flowcontrol.apiserver.k8s.io';
  const checks: readonly (readonly [group: string, resource: string, check: Check])[] = [
    [admission, 'validatingadmissionpolicies', policyExpressionErrors],
    [admission, 'mutatingadmissionpolicies', policyExpressionErrors],
    [admission, 'validatingwebhookconfigurations', webhookExpressionErrors],
    [admission, 'mutatingwebhookconfigurations', webhookExpressionErrors],
    [flowControl, 'flowschemas', mandatoryFlowSchemas()],
    [flowControl, 'prioritylevelconfigurations', mandatoryPriorityLevels()],
  ];
  return new Map(
    checks.flatMap(([group, resource, check]) => {
      const served = registry.resource({ group, version: 'v1', resource });
      return served === undefined ? [] : [[served.declaration, check] as const];
    }),
  );
}

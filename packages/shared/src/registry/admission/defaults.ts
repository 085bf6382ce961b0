import type {
  LabelSelector,
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingWebhook,
  ParamRef,
  RuleWithOperations,
  ValidatingAdmissionPolicy,
  ValidatingWebhook,
} from '../../schema/index.ts';

interface Selecting {
  matchPolicy?: string;
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
}

function setSelectionDefaults(object: Selecting): void {
  object.matchPolicy ??= 'Equivalent';
  object.namespaceSelector ??= {};
  object.objectSelector ??= {};
}

function setRuleDefaults(rules: readonly Pick<RuleWithOperations, 'scope'>[] = []): void {
  for (const rule of rules as { scope?: string }[]) rule.scope ??= '*';
}

/** pkg/apis/admissionregistration/v1 SetDefaults_ValidatingWebhook. */
export function setWebhookDefaults(webhook: ValidatingWebhook): void {
  webhook.failurePolicy ??= 'Fail';
  setSelectionDefaults(webhook);
  webhook.timeoutSeconds ??= 10;
  setRuleDefaults(webhook.rules);
  const { service } = webhook.clientConfig;
  if (service !== undefined) service.port ??= 443;
}

export function setMutatingWebhookDefaults(webhook: MutatingWebhook): void {
  setWebhookDefaults(webhook);
  webhook.reinvocationPolicy ??= 'Never';
}

export function setPolicyDefaults({ spec }: ValidatingAdmissionPolicy | MutatingAdmissionPolicy): void {
  if (spec === undefined) return;
  spec.failurePolicy ??= 'Fail';
  if (spec.matchConstraints !== undefined) setMatchDefaults(spec.matchConstraints);
}

export function setBindingDefaults(spec: { paramRef?: ParamRef; matchResources?: MatchResources } | undefined): void {
  if (spec?.matchResources !== undefined) setMatchDefaults(spec.matchResources);
}

function setMatchDefaults(match: MatchResources): void {
  setSelectionDefaults(match);
  setRuleDefaults(match.resourceRules);
  setRuleDefaults(match.excludeResourceRules);
}

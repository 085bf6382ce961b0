import type { KubeObject, LabelSelectorSpec } from '@kubus/shared/object';
import type { Variable } from '../expressions/composition.ts';
import type { MatchCondition } from '../expressions/conditions.ts';
import type { Rule } from '../matching/rules.ts';

/** admissionregistration.k8s.io/v1 MatchResources. */
export interface MatchResources {
  namespaceSelector?: LabelSelectorSpec;
  objectSelector?: LabelSelectorSpec;
  resourceRules?: readonly Rule[];
  excludeResourceRules?: readonly Rule[];
  /** Default Equivalent. */
  matchPolicy?: string;
}

/** What policies of both sorts have. */
export interface PolicySpec {
  paramKind?: { apiVersion?: string; kind?: string };
  matchConstraints?: MatchResources;
  matchConditions?: readonly MatchCondition[];
  variables?: readonly Variable[];
  /** Default Fail. */
  failurePolicy?: string;
}

export interface ValidatingPolicySpec extends PolicySpec {
  validations?: readonly Validation[];
  auditAnnotations?: readonly { key: string; valueExpression: string }[];
}

export interface Validation {
  expression: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
}

export interface MutatingPolicySpec extends PolicySpec {
  mutations?: readonly Mutation[];
  reinvocationPolicy?: string;
}

export interface Mutation {
  patchType: string;
  applyConfiguration?: { expression?: string };
  jsonPatch?: { expression?: string };
}

export interface Policy<S extends PolicySpec> extends KubeObject {
  spec?: S;
}

export interface ParamRef {
  name?: string;
  namespace?: string;
  selector?: LabelSelectorSpec;
  parameterNotFoundAction?: string;
}

export interface Binding extends KubeObject {
  spec?: {
    policyName?: string;
    paramRef?: ParamRef;
    matchResources?: MatchResources;
    /** Of validating policies: Deny, Warn, Audit. */
    validationActions?: readonly string[];
  };
}

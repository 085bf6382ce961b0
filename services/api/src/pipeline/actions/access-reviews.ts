import { type FieldError, invalid } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { field } from '@kubus/shared/registry';
import type { UserInfo } from '../../authn/index.ts';
import { type Attributes, type ReviewedSelector, reviewedFields, reviewedLabels } from '../../authz/index.ts';
import type { Call } from '../call.ts';
import type { Deps } from '../deps.ts';
import type { Action } from './contract.ts';
import { review } from './review.ts';

interface ResourceAttributes {
  namespace?: string;
  verb?: string;
  group?: string;
  version?: string;
  resource?: string;
  subresource?: string;
  name?: string;
  fieldSelector?: ReviewedSelector;
  labelSelector?: ReviewedSelector;
}

interface AccessReview extends KubeObject {
  spec?: {
    resourceAttributes?: ResourceAttributes;
    nonResourceAttributes?: { path?: string; verb?: string };
    user?: string;
    groups?: string[];
    uid?: string;
    extra?: Record<string, string[]>;
  };
}

/** authorization.k8s.io: may I? */
export const selfSubjectAccessReview: Action = review<AccessReview>((deps, call, object) => {
  refuseInvalid(call, object, attributeErrors(object));
  return decide(deps, object, call.context.user);
});

/** May that user? */
export const subjectAccessReview: Action = review<AccessReview>((deps, call, object) => {
  refuseInvalid(call, object, [...subjectErrors(object), ...attributeErrors(object)]);
  return decide(deps, object, subjectOf(object));
});

/** May that user, in this namespace? */
export const localSubjectAccessReview: Action = review<AccessReview>((deps, call, object) => {
  const errors = [...subjectErrors(object), ...attributeErrors(object)];
  const { resourceAttributes, nonResourceAttributes } = object.spec ?? {};
  if (nonResourceAttributes !== undefined) {
    errors.push(
      field.invalid('spec.nonResourceAttributes', nonResourceAttributes, 'disallowed on this kind of request'),
    );
  }
  const asked = resourceAttributes?.namespace ?? '';
  if (asked !== call.namespace) {
    const why = 'must match metadata.namespace';
    errors.push(field.invalid('spec.resourceAttributes.namespace', asked, why));
  }
  refuseInvalid(call, object, errors);
  return decide(deps, object, subjectOf(object));
});

function subjectErrors({ spec }: AccessReview): FieldError[] {
  if (spec?.user || (spec?.groups ?? []).length > 0) return [];
  return [field.invalid('spec.user', '', 'at least one of user or group must be specified')];
}

function attributeErrors({ spec }: AccessReview): FieldError[] {
  const both = spec?.resourceAttributes !== undefined && spec.nonResourceAttributes !== undefined;
  const none = spec?.resourceAttributes === undefined && spec?.nonResourceAttributes === undefined;
  if (both) {
    const why = 'cannot be specified in combination with resourceAttributes';
    return [field.invalid('spec.nonResourceAttributes', spec?.nonResourceAttributes, why)];
  }
  if (!none) return selectorErrors(spec?.resourceAttributes ?? {});
  return [
    field.invalid(
      'spec.resourceAttributes',
      null,
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ),
  ];
}

/** pkg/apis/authorization/validation validateResourceAttributes. */
function selectorErrors({ fieldSelector, labelSelector }: ResourceAttributes): FieldError[] {
  const where = 'spec.resourceAttributes';
  return [
    ...selectorProblems(fieldSelector, `${where}.fieldSelector`),
    ...selectorProblems(labelSelector, `${where}.labelSelector`),
  ];
}

function selectorProblems(selector: ReviewedSelector | undefined, where: string): FieldError[] {
  if (selector === undefined) return [];
  const { rawSelector = '', requirements = [] } = selector;
  if (rawSelector !== '' && requirements.length > 0) {
    const why = 'may not specified at the same time as requirements';
    return [field.invalid(`${where}.rawSelector`, rawSelector, why)];
  }
  if (rawSelector === '' && requirements.length === 0) {
    return [
      field.required(
        `${where}.requirements`,
        'when fieldSelector is specified, requirements or rawSelector is required',
      ),
    ];
  }
  return requirements.flatMap(({ key = '', operator = '', values = [] }, i) => {
    const at = `${where}.requirements[${i}]`;
    const errors = key === '' ? [field.required(`${at}.key`)] : [];
    const listed = operator === 'In' || operator === 'NotIn';
    if (listed && values.length === 0) {
      return [...errors, field.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    }
    const exists = operator === 'Exists' || operator === 'DoesNotExist';
    if (exists && values.length > 0) {
      return [
        ...errors,
        field.forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
      ];
    }
    // Others only limit less: who does not know them may take the request for one without them.
    return errors;
  });
}

function refuseInvalid(call: Call, object: KubeObject, errors: readonly FieldError[]): void {
  const { group, kind } = call.resource;
  if (errors.length > 0) throw invalid({ group, kind, name: object.metadata.name ?? '' }, errors);
}

function subjectOf({ spec }: AccessReview): UserInfo {
  const { user = '', groups = [], uid, extra = {} } = spec ?? {};
  return { username: user, groups, ...(uid === undefined ? {} : { uid }), extra: new Map(Object.entries(extra)) };
}

async function decide(deps: Deps, object: AccessReview, user: UserInfo): Promise<object> {
  const decision = await deps.authorizer.authorize(attributesOf(object, user));
  if (decision.allowed) return { allowed: true };
  const { denied, reason, error } = decision;
  return {
    allowed: false,
    ...(denied === true && { denied }),
    ...(reason !== '' && { reason }),
    ...(error !== undefined && { evaluationError: error.message }),
  };
}

function attributesOf({ spec }: AccessReview, user: UserInfo): Attributes {
  const path = spec?.nonResourceAttributes;
  if (path !== undefined) return { user, verb: path.verb ?? '', path: path.path ?? '' };
  const asked = spec?.resourceAttributes ?? {};
  return {
    user,
    verb: asked.verb ?? '',
    group: asked.group ?? '',
    ...(asked.version ? { version: asked.version } : {}),
    resource: asked.resource ?? '',
    subresource: asked.subresource ?? '',
    namespace: asked.namespace ?? '',
    name: asked.name ?? '',
    ...(asked.fieldSelector === undefined ? {} : { fields: reviewedFields(asked.fieldSelector) }),
    ...(asked.labelSelector === undefined ? {} : { labels: reviewedLabels(asked.labelSelector) }),
  };
}

import { type FieldError, invalid } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { field } from '@kubus/shared/registry';
import type { UserInfo } from '../../authn/index.ts';
import type { Attributes } from '../../authz/index.ts';
import type { Call } from '../call.ts';
import type { Deps } from '../deps.ts';
import type { Action } from './contract.ts';
import { review } from './review.ts';

interface ResourceAttributes {
  namespace?: string;
  verb?: string;
  group?: string;
  resource?: string;
  subresource?: string;
  name?: string;
  fieldSelector?: { requirements?: { key: string; operator: string; values?: string[] }[] };
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
  if (!none) return [];
  return [
    field.invalid(
      'spec.resourceAttributes',
      null,
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ),
  ];
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
  return { allowed: false, ...(decision.reason === '' ? {} : { reason: decision.reason }) };
}

function attributesOf({ spec }: AccessReview, user: UserInfo): Attributes {
  const path = spec?.nonResourceAttributes;
  if (path !== undefined) return { user, verb: path.verb ?? '', path: path.path ?? '' };
  const asked = spec?.resourceAttributes ?? {};
  return {
    user,
    verb: asked.verb ?? '',
    group: asked.group ?? '',
    resource: asked.resource ?? '',
    subresource: asked.subresource ?? '',
    namespace: asked.namespace ?? '',
    name: asked.name ?? '',
    fields: equalities(asked),
  };
}

function equalities({ fieldSelector }: ResourceAttributes): Map<string, string> {
  const demanded = (fieldSelector?.requirements ?? []).filter(
    ({ operator, values = [] }) => operator === 'In' && values.length === 1,
  );
  return new Map(demanded.map(({ key, values = [] }) => [key, values[0] ?? '']));
}

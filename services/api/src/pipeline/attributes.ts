import type { FieldSelector } from '@kubus/shared/object';
import type { UserInfo } from '../authn/index.ts';
import type { ResourceAttributes } from '../authz/index.ts';
import type { Call } from './call.ts';
import type { ForeignRequest } from './contract.ts';
import { fieldSelectorOf } from './selection.ts';

/** What a call asks of authorization. A list or watch of one object by field selector is about that object (apiserver request info). */
export function attributesOf(call: Call): ResourceAttributes {
  const { request, resource, subresource } = call;
  const attributes: ResourceAttributes = {
    user: call.context.user,
    verb: verbOf(call),
    group: resource.group,
    resource: resource.resource,
    subresource: subresource?.name ?? '',
    namespace: call.namespace,
    name: call.name,
  };
  if (request.query === undefined || !selects(request.verb)) return attributes;
  const selector = fieldSelectorOf(request.query);
  return selector.isEverything ? attributes : withFields(attributes, selector);
}

/** What a request asks of authorization that is about nothing which is served here. */
export function unresolvedAttributes(user: UserInfo, asked: Asked): ResourceAttributes {
  const { verb, group, resource, subresource = '', namespace = '', name = '' } = asked;
  return { user, verb, group, resource, subresource, namespace, name };
}

type Asked = Pick<ForeignRequest, 'verb' | 'group' | 'resource'> &
  Partial<Pick<ForeignRequest, 'subresource' | 'namespace' | 'name'>>;

function verbOf({ request, subresource }: Call): string {
  return subresource?.type === 'connect' ? (subresource.authorizeAs ?? request.verb) : request.verb;
}

function selects(verb: string): boolean {
  return verb === 'list' || verb === 'watch' || verb === 'deletecollection';
}

function withFields(attributes: ResourceAttributes, selector: FieldSelector): ResourceAttributes {
  const equalities = selector.requirements.filter(({ operator }) => operator === '=');
  return {
    ...attributes,
    name: attributes.name || (attributes.verb === 'deletecollection' ? '' : (selector.exact('metadata.name') ?? '')),
    fields: new Map(equalities.map(({ field, value }) => [field, value])),
  };
}

import type { FieldSelector } from '@kubus/shared/object';
import type { UserInfo } from '../authn/index.ts';
import type { ResourceAttributes } from '../authz/index.ts';
import type { Call } from './call.ts';
import type { ForeignRequest } from './contract.ts';
import { parameter } from './options.ts';
import { fieldSelectorOf } from './selection.ts';

/** What a call asks of authorization. A list or watch of one object by field selector is about that object (apiserver request info). */
export function attributesOf(call: Call): ResourceAttributes {
  const { request, resource, subresource } = call;
  const attributes: ResourceAttributes = {
    user: call.context.user,
    verb: verbOf(call),
    group: resource.group,
    version: request.version,
    resource: resource.resource,
    subresource: subresource?.name ?? '',
    namespace: call.namespace,
    name: call.name,
  };
  if (request.query === undefined || !selects(request.verb)) return attributes;
  const fields = fieldSelectorOf(request.query);
  const labels = parameter(request.query, 'labelSelector') ?? '';
  if (labels !== '') attributes.labels = labels;
  return fields.isEverything ? attributes : withFields(attributes, fields);
}

/** What a request asks of authorization that is about nothing which is served here. */
export function unresolvedAttributes(user: UserInfo, asked: Asked): ResourceAttributes {
  const { verb, group, version, resource, subresource = '', namespace = '', name = '' } = asked;
  return { user, verb, group, version, resource, subresource, namespace, name };
}

type Asked = Pick<ForeignRequest, 'verb' | 'group' | 'version' | 'resource'> &
  Partial<Pick<ForeignRequest, 'subresource' | 'namespace' | 'name'>>;

function verbOf({ request, subresource }: Call): string {
  return subresource?.type === 'connect' ? (subresource.authorizeAs ?? request.verb) : request.verb;
}

function selects(verb: string): boolean {
  return verb === 'list' || verb === 'watch' || verb === 'deletecollection';
}

function withFields(attributes: ResourceAttributes, fields: FieldSelector): ResourceAttributes {
  const named = attributes.verb === 'deletecollection' ? '' : (fields.exact('metadata.name') ?? '');
  return { ...attributes, name: attributes.name || named, fields };
}

import { StatusError } from '@kubus/shared/errors';
import { type GroupResource, groupResourceName } from '@kubus/shared/object';
import type { Attributes, PathAttributes, Refusal, ResourceAttributes } from './contract.ts';

/**
 * What the client is told of a request that nobody allowed: that it is forbidden, or, where somebody could not decide, that the server failed
 * (apiserver/pkg/endpoints/filters WithAuthorization).
 */
export function unauthorized(attributes: Attributes, { reason, error }: Refusal): StatusError {
  if (error === undefined) return forbiddenRequest(attributes, reason);
  const { message } = error;
  const details = { causes: [{ message }] };
  return new StatusError('InternalError', `Internal error occurred: ${message}`, details, { cause: error });
}

/** The refusal of a request that nobody allowed (apiserver/pkg/endpoints/handlers/responsewriters ForbiddenStatusError). */
export function forbiddenRequest(attributes: Attributes, reason: string): StatusError {
  return attributes.path === undefined ? forbiddenResource(attributes, reason) : forbiddenPath(attributes, reason);
}

function forbiddenResource(attributes: ResourceAttributes, reason: string): StatusError {
  const { user, verb, group, resource, subresource, namespace, name } = attributes;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${quote(namespace)}`;
  const denied = `User ${quote(user.username)} cannot ${verb} resource ${quote(what)} in API group ${quote(group)} ${where}`;
  return forbidden({ group, resource }, name, reason === '' ? denied : `${denied}: ${reason}`);
}

function forbiddenPath({ user, verb, path }: PathAttributes, reason: string): StatusError {
  const denied = `User ${quote(user.username)} cannot ${verb} path ${quote(path)}`;
  return new StatusError('Forbidden', `forbidden: ${denied}${reason === '' ? '' : `: ${reason}`}`, {});
}

/** `pods "web" is forbidden: <why>`; the name is left out when it is ''. */
export function forbidden(resource: GroupResource, name: string, why: string): StatusError {
  const subject = name === '' ? groupResourceName(resource) : `${groupResourceName(resource)} ${quote(name)}`;
  return new StatusError('Forbidden', `${subject} is forbidden: ${why}`, {
    ...(name === '' ? {} : { name }),
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.resource,
  });
}

const quote = (text: string): string => JSON.stringify(text);

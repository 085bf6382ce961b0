import { StatusError } from '@kubus/shared/errors';
import { type GroupResource, groupResourceName } from '@kubus/shared/object';

const quote = (text: string): string => JSON.stringify(text);

const optimisticLockMessage =
  'the object has been modified; please apply your changes to the latest version and try again';

function details(resource: GroupResource, name: string) {
  return { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.resource };
}

export function alreadyExists(resource: GroupResource, name: string): StatusError {
  return new StatusError(
    'AlreadyExists',
    `${groupResourceName(resource)} ${quote(name)} already exists`,
    details(resource, name),
  );
}

/** No free name was found for a generateName. */
export function generateNameConflict(resource: GroupResource, name: string): StatusError {
  return new StatusError(
    'AlreadyExists',
    `${groupResourceName(resource)} ${quote(name)} already exists, the server was not able to generate a unique name for the object`,
    { ...details(resource, name), retryAfterSeconds: 1 },
  );
}

export function conflict(resource: GroupResource, name: string, why: string = optimisticLockMessage): StatusError {
  return new StatusError(
    'Conflict',
    `Operation cannot be fulfilled on ${groupResourceName(resource)} ${quote(name)}: ${why}`,
    details(resource, name),
  );
}

/** The resource exists but does not take this verb; 405. */
export function methodNotAllowed(): StatusError {
  return new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
}

/** No such resource is served; 404. */
export function noSuchResource(): StatusError {
  return new StatusError('NotFound', 'the server could not find the requested resource', {});
}

export function badRequest(message: string): StatusError {
  return new StatusError('BadRequest', message);
}

/** What the client sees of a failure that is the server's own. */
export function internalError(cause: unknown): StatusError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new StatusError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }, { cause });
}

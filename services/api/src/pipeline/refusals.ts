import { notFound, StatusError } from '@kubus/shared/errors';
import type { GroupResource } from '@kubus/shared/object';
import type { Refusal } from '@kubus/shared/store';
import { alreadyExists, conflict } from './errors.ts';

/** What a client is told of a commit that was refused. */
export function asError(resource: GroupResource, name: string, refusal: Refusal): StatusError {
  switch (refusal.reason) {
    case 'AlreadyExists':
      return alreadyExists(resource, name);
    case 'NotFound':
      return notFound(resource, name);
    case 'Conflict':
      return conflict(resource, name);
    case 'Insufficient':
      return insufficient(resource, name, refusal);
    case 'Aborted':
      return new StatusError(
        'InternalError',
        'Internal error occurred: another operation of the same commit was refused',
      );
  }
}

/** The cause names what is short; its message, the revision up to which the sender has to catch up before he tries again. */
function insufficient(
  resource: GroupResource,
  name: string,
  refusal: Extract<Refusal, { reason: 'Insufficient' }>,
): StatusError {
  const { account, amount, requested, used, limit, revision } = refusal;
  const why = `${account} has not enough ${amount}: requested ${requested}, used ${used}, limited to ${limit}`;
  const error = conflict(resource, name, why);
  return new StatusError('Conflict', error.message, {
    ...error.details,
    causes: [
      { reason: 'Insufficient', field: amount, message: why },
      { reason: 'ResourceVersion', field: 'resourceVersion', message: String(revision) },
    ],
  });
}

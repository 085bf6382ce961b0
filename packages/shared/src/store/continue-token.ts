import { StatusError } from '../errors/index.ts';
import { type GroupResource, groupResourceName } from '../object/index.ts';

/** Where a list in pages goes on. */
export interface ContinueToken {
  /** Revision of the first page; `anyRevision`: the list goes on as it is by then. */
  revision: number;
  /** Last member of the page before. */
  last: string;
}

/** Of tokens to go on with when the revision of the first page can no longer be shown. */
export const anyRevision = -1;

/** What a token is good for; it is part of the token, and a token of another list is refused. */
export interface TokenScope {
  resource: GroupResource;
  namespace: string;
}

/**
 * Opaque to clients. A forged token can show nothing but pages of the list it is sent with: the range that is read comes from the request,
 * the token only moves the start inside it.
 */
export function formatContinue(scope: TokenScope, token: ContinueToken): string {
  const fields = [1, groupResourceName(scope.resource), scope.namespace, token.revision, token.last];
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

/** Throws BadRequest for what is no token of this list. */
export function parseContinue(scope: TokenScope, text: string): ContinueToken {
  const fields = decode(text);
  if (!Array.isArray(fields) || fields.length !== 5) throw invalidToken();
  const [version, resource, namespace, revision, last] = fields as unknown[];
  if (version !== 1 || resource !== groupResourceName(scope.resource) || namespace !== scope.namespace)
    throw invalidToken();
  if (!Number.isSafeInteger(revision) || (revision as number) < anyRevision || typeof last !== 'string')
    throw invalidToken();
  if (last.includes('\0')) throw invalidToken();
  return { revision: revision as number, last };
}

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function invalidToken(): StatusError {
  return new StatusError('BadRequest', 'continue key is not valid');
}

/**
 * As kube-apiserver answers when the first page's revision has been compacted: with a token that goes on after the last page, in the list as it is by then
 * (pkg/storage/etcd3 handleCompactedErrorForPaging).
 */
export function expiredContinue(scope: TokenScope, last: string): StatusError {
  return new StatusError(
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    undefined,
    { continue: formatContinue(scope, { revision: anyRevision, last }) },
  );
}

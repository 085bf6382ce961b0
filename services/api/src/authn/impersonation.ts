import { StatusError } from '@kubus/shared/errors';
import type { UserInfo } from './contract.ts';
import {
  anonymousName,
  authenticatedGroup,
  parseServiceAccountName,
  serviceAccountGroups,
  unauthenticatedGroup,
  withGroup,
} from './users.ts';

/** One right that an impersonation needs: verb 'impersonate' on this. */
export interface ImpersonationRight {
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
}

/**
 * What a user must be allowed to take on another's identity: the user, each of the groups, the uid and each extra value
 * (apiserver/pkg/endpoints/filters/impersonation). Throws when groups, uid or extra come without a user.
 */
export function impersonationRights(wanted: UserInfo): ImpersonationRight[] {
  const extra = [...(wanted.extra ?? [])];
  const rights: ImpersonationRight[] = [
    ...wanted.groups.map((name) => right('', 'groups', '', name)),
    ...extra.flatMap(([key, values]) =>
      values.map((value) => right('authentication.k8s.io', 'userextras', key.toLowerCase(), value)),
    ),
    ...(wanted.uid === undefined || wanted.uid === '' ? [] : [right('authentication.k8s.io', 'uids', '', wanted.uid)]),
  ];
  if (wanted.username === '') {
    throw new StatusError('InternalError', 'requested groups, uid or extra without impersonating a user');
  }
  return [userRight(wanted.username), ...rights];
}

function userRight(username: string): ImpersonationRight {
  const account = parseServiceAccountName(username);
  if (account === undefined) return right('', 'users', '', username);
  return { ...right('', 'serviceaccounts', '', account.name), namespace: account.namespace };
}

function right(group: string, resource: string, subresource: string, name: string): ImpersonationRight {
  return { group, resource, subresource, namespace: '', name };
}

/** The identity that is taken on: groups are those asked for, a service account's own when none were, and who is authenticated says so. */
export function impersonatedUser(wanted: UserInfo): UserInfo {
  const account = parseServiceAccountName(wanted.username);
  const asked =
    wanted.groups.length === 0 && account !== undefined ? serviceAccountGroups(account.namespace) : wanted.groups;
  const standing = wanted.username === anonymousName ? unauthenticatedGroup : authenticatedGroup;
  const named = asked.includes(unauthenticatedGroup) ? asked : withGroup(asked, standing);
  return { ...wanted, groups: named };
}

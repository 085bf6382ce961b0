import { StatusError } from '@kubus/shared/errors';
import { type Asked, constrainedModes } from './constrained-impersonation.ts';
import type { UserInfo } from './contract.ts';
import {
  anonymousName,
  authenticatedGroup,
  parseServiceAccountName,
  serviceAccountGroups,
  unauthenticatedGroup,
  withGroup,
} from './users.ts';

/** One right that an impersonation needs: the verb of its mode on this. */
export interface ImpersonationRight {
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
}

/** Throws Forbidden when `user` may not do this. */
export type RequireRight = (user: UserInfo, verb: string, right: ImpersonationRight | Asked['what']) => Promise<void>;

export interface Impersonation {
  own: UserInfo;
  wanted: UserInfo;
  /** What is asked for in the other's name; absent: rights to whole identities alone count. */
  asked: Asked | undefined;
  require: RequireRight;
}

/**
 * Whom a user becomes: by the first mode that allows it, those that are bound to what is asked for before the one that is not (apiserver/pkg/endpoints/filters/impersonation,
 * KEP-5284). Throws what the first mode said when none does, and when groups, uid or extra come without a user.
 */
export async function impersonate(impersonation: Impersonation): Promise<UserInfo> {
  const { own, wanted, asked, require } = impersonation;
  if (wanted.username === '')
    throw new StatusError('InternalError', 'requested groups, uid or extra without impersonating a user');
  let refused: unknown;
  const constrained = asked === undefined ? [] : constrainedModes(own, wanted, asked);
  for (const mode of [
    ...constrained,
    { check: (by: RequireRight) => checkWhole(own, wanted, by), groups: undefined },
  ]) {
    try {
      await mode.check(require);
      return impersonatedUser(mode.groups === undefined ? wanted : { ...wanted, groups: mode.groups });
    } catch (error) {
      refused ??= error;
    }
  }
  throw refused;
}

/** The right to be another in everything: the user, each of the groups, the uid and each extra value. */
async function checkWhole(own: UserInfo, wanted: UserInfo, require: RequireRight): Promise<void> {
  for (const right of wholeRights(wanted)) await require(own, 'impersonate', right);
}

function wholeRights(wanted: UserInfo): ImpersonationRight[] {
  const extra = [...(wanted.extra ?? [])];
  return [
    userRight(wanted.username),
    ...wanted.groups.map((name) => right('', 'groups', '', name)),
    ...extra.flatMap(([key, values]) =>
      values.map((value) => right('authentication.k8s.io', 'userextras', key.toLowerCase(), value)),
    ),
    ...(wanted.uid === undefined || wanted.uid === '' ? [] : [right('authentication.k8s.io', 'uids', '', wanted.uid)]),
  ];
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
function impersonatedUser(wanted: UserInfo): UserInfo {
  const account = parseServiceAccountName(wanted.username);
  const asked =
    wanted.groups.length === 0 && account !== undefined ? serviceAccountGroups(account.namespace) : wanted.groups;
  const standing = wanted.username === anonymousName ? unauthenticatedGroup : authenticatedGroup;
  const named = asked.includes(unauthenticatedGroup) ? asked : withGroup(asked, standing);
  return { ...wanted, groups: named };
}

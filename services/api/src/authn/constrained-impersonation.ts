import { StatusError } from '@kubus/shared/errors';
import { names } from '@kubus/shared/object';
import type { UserInfo } from './contract.ts';
import type { ImpersonationRight, RequireRight } from './impersonation.ts';
import { parseServiceAccountName } from './users.ts';

/** A request, as authorization sees it. */
export interface Asked {
  verb: string;
  what: ImpersonationRight | { path: string };
}

/** A way to become another for what is asked for alone. */
export interface ConstrainedMode {
  /** Throws Forbidden when it is not allowed. */
  check(require: RequireRight): Promise<void>;
  /** Of whom one becomes, where they are not those that were asked for. */
  groups: readonly string[] | undefined;
}

const group = 'authentication.k8s.io';
const nodePrefix = 'system:node:';
const nodeNameKey = 'authentication.kubernetes.io/node-name';
/** From so many on, it is asked first whether everything of the kind is allowed. */
const MANY = 4;

/** The modes that apply, the narrowest first. */
export function constrainedModes(own: UserInfo, wanted: UserInfo, asked: Asked): ConstrainedMode[] {
  const account = parseServiceAccountName(wanted.username);
  const node = nodeOf(wanted.username);
  const mode = (name: string, as: UserInfo, rights: readonly ImpersonationRight[], groups?: readonly string[]) => ({
    groups,
    check: async (require: RequireRight) => {
      await require(as, `impersonate-on:${name}:${asked.verb}`, asked.what);
      for (const right of rights) await require(as, `impersonate:${name}`, right);
    },
  });
  if (account === undefined && node === undefined) return [userInfoMode(own, wanted, asked)];
  // Of nodes and service accounts the server knows the rest.
  if (wanted.groups.length > 0 || wanted.uid || (wanted.extra?.size ?? 0) > 0) return [];
  if (account !== undefined) {
    const right = { ...rightTo('serviceaccounts', account.name), namespace: account.namespace };
    return [mode('serviceaccount', own, [right])];
  }
  const groups = ['system:nodes'];
  const arbitrary = mode('arbitrary-node', own, [rightTo('nodes', node ?? '')], groups);
  if (!runsOn(own, node)) return [arbitrary];
  return [mode('associated-node', withoutExtra(own), [rightTo('nodes', '*')], groups), arbitrary];
}

function userInfoMode(own: UserInfo, wanted: UserInfo, asked: Asked): ConstrainedMode {
  const verb = 'impersonate:user-info';
  return {
    groups: undefined,
    check: async (require) => {
      await require(own, `impersonate-on:user-info:${asked.verb}`, asked.what);
      await require(own, verb, rightTo('users', wanted.username));
      if (wanted.uid) await require(own, verb, rightTo('uids', wanted.uid));
      refuseGroups(wanted.groups);
      const groups = wanted.groups.map((name) => rightTo('groups', name));
      await requireAll(require, own, groups, rightTo('groups', '*'));
      const extra = [...(wanted.extra ?? [])];
      refuseExtra(extra);
      const values = extra.flatMap(([key, all]) => all.map((value) => extraRight(key, value)));
      await requireAll(require, own, values, extraRight('*', '*'));
    },
  };
}

async function requireAll(
  require: RequireRight,
  own: UserInfo,
  rights: readonly ImpersonationRight[],
  everything: ImpersonationRight,
): Promise<void> {
  const verb = 'impersonate:user-info';
  if (rights.length >= MANY) {
    const isAllowed = await require(own, verb, everything).then(
      () => true,
      () => false,
    );
    if (isAllowed) return;
  }
  for (const right of rights) await require(own, verb, right);
}

const forbidden = (why: string): StatusError => new StatusError('Forbidden', `impersonating ${why} is not allowed`, {});

function refuseGroups(groups: readonly string[]): void {
  if (groups.includes('')) throw forbidden('the empty string group');
  if (groups.includes('system:masters')) throw forbidden('the system:masters group');
}

function refuseExtra(extra: readonly (readonly [string, readonly string[]])[]): void {
  for (const [key, values] of extra) {
    const [prefix = '', ...path] = key.split('/');
    const isPath = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path.join('/'));
    if (!isPath || names.dnsSubdomain(prefix).length > 0) throw forbidden('an invalid key in extra');
    if (key !== key.toLowerCase()) throw forbidden('a non-lowercase key in extra');
    if (values.length === 0 || values.includes('')) throw forbidden('empty values in extra');
  }
}

function rightTo(resource: string, name: string): ImpersonationRight {
  return { group, resource, subresource: '', namespace: '', name };
}

function extraRight(key: string, value: string): ImpersonationRight {
  return { ...rightTo('userextras', value), subresource: key };
}

function nodeOf(username: string): string | undefined {
  if (!username.startsWith(nodePrefix)) return undefined;
  const name = username.slice(nodePrefix.length);
  return names.dnsSubdomain(name).length === 0 ? name : undefined;
}

/** Whether it is a service account whose token is bound to that node. */
function runsOn({ username, extra }: UserInfo, node: string | undefined): boolean {
  const values = extra?.get(nodeNameKey) ?? [];
  return parseServiceAccountName(username) !== undefined && values.length === 1 && values[0] === node;
}

/** The right to be one's own node holds on every node: authorizers are not told on which. */
function withoutExtra(own: UserInfo): UserInfo {
  const keys = [...(own.extra?.keys() ?? [])].sort();
  return { ...own, extra: new Map([['authentication.kubernetes.io/associated-node-keys', keys]]) };
}

import { timingSafeEqual } from 'node:crypto';
import type { Secret } from '@kubus/shared/schema';
import { type BearerTokens, forApi } from './bearer.ts';
import type { UserInfo } from './contract.ts';
import type { ReadObject } from './token-authenticator.ts';
import { authenticatedGroup } from './users.ts';

const tokenForm = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const groupForm = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
const defaultGroup = 'system:bootstrappers';

/**
 * Tokens by which machines that are not members yet speak: a Secret of type bootstrap.kubernetes.io/token in kube-system each
 * (kubernetes.io: "Authenticating with Bootstrap Tokens").
 */
export function bootstrapTokens(read: ReadObject, now: () => Date = () => new Date()): BearerTokens {
  return forApi(async (token) => {
    const [, id, secret] = tokenForm.exec(token) ?? [];
    if (id === undefined || secret === undefined) return undefined;
    const name = `bootstrap-token-${id}`;
    const object = await read({ group: '', resource: 'secrets', namespace: 'kube-system', name });
    return object === undefined ? undefined : userOf(object as Secret, id, secret, now());
  });
}

function userOf({ metadata, type, data = {} }: Secret, id: string, secret: string, now: Date): UserInfo | undefined {
  const entries = new Map(Object.entries(data));
  const text = (key: string): string => Buffer.from(entries.get(key) ?? '', 'base64').toString();
  if (metadata.deletionTimestamp !== undefined || type !== 'bootstrap.kubernetes.io/token') return undefined;
  if (text('token-id') !== id || !sameSecret(text('token-secret'), secret)) return undefined;
  if (hasExpired(text('expiration'), now) || text('usage-bootstrap-authentication') !== 'true') return undefined;
  const extra = text('auth-extra-groups');
  const asked = extra === '' ? [] : extra.split(',');
  // A group that must not be given makes the whole token useless, rather than less.
  if (!asked.every((group) => groupForm.test(group))) return undefined;
  const groups = [...new Set([defaultGroup, ...asked])].sort();
  return { username: `system:bootstrap:${id}`, groups: [...groups, authenticatedGroup] };
}

function sameSecret(known: string, shown: string): boolean {
  const [a, b] = [Buffer.from(known), Buffer.from(shown)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A time that cannot be read has passed. */
function hasExpired(expiration: string, now: Date): boolean {
  return expiration !== '' && !(Date.parse(expiration) > now.getTime());
}

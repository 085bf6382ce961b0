import type { ClientCertificate, UserInfo } from './contract.ts';

/** Well-known names (apiserver/pkg/authentication/user and .../serviceaccount). */
export const anonymousName = 'system:anonymous';
export const authenticatedGroup = 'system:authenticated';
export const unauthenticatedGroup = 'system:unauthenticated';
const serviceAccountsGroup = 'system:serviceaccounts';
const serviceAccountPrefix = 'system:serviceaccount:';

export const anonymous: UserInfo = { username: anonymousName, groups: [unauthenticatedGroup] };

/** The api itself, when it writes what a cluster starts with. */
export const apiserver: UserInfo = { username: 'system:apiserver', groups: ['system:masters', authenticatedGroup] };

/** The extra that tells by which of his credentials a user came (authentication/user CredentialIDKey). */
export const credentialIdKey = 'authentication.kubernetes.io/credential-id';

/** The user that a verified client certificate speaks for: subject CN and O (apiserver/pkg/authentication/request/x509 CommonNameUserConversion). */
export function certificateUser({ commonName, organizations, fingerprint }: ClientCertificate): UserInfo {
  return {
    username: commonName,
    groups: withGroup(organizations, authenticatedGroup),
    extra: new Map([[credentialIdKey, [`X509SHA256=${fingerprint}`]]]),
  };
}

export function serviceAccountName(namespace: string, name: string): string {
  return `${serviceAccountPrefix}${namespace}:${name}`;
}

export function serviceAccountGroups(namespace: string): string[] {
  return [serviceAccountsGroup, `${serviceAccountsGroup}:${namespace}`];
}

/** Namespace and name of a service account's user name; undefined for other users. */
export function parseServiceAccountName(username: string): { namespace: string; name: string } | undefined {
  if (!username.startsWith(serviceAccountPrefix)) return undefined;
  const parts = username.slice(serviceAccountPrefix.length).split(':');
  const [namespace, name] = parts;
  return parts.length === 2 && namespace && name ? { namespace, name } : undefined;
}

export function withGroup(groups: readonly string[], group: string): readonly string[] {
  return groups.includes(group) ? groups : [...groups, group];
}

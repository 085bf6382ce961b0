import type { Secret, ServiceAccount } from '@kubus/shared/schema';

/** Kubernetes' names: a Secret of this type is filled with a token of the account that its annotation names. */
export const tokenType = 'kubernetes.io/service-account-token';
export const accountAnnotation = 'kubernetes.io/service-account.name';
export const accountUidAnnotation = 'kubernetes.io/service-account.uid';

export interface Observed {
  secret: Secret;
  /** The account that the Secret names; undefined when there is none. */
  account: ServiceAccount | undefined;
}

export type Action = { type: 'delete' } | { type: 'fill'; account: ServiceAccount; needsToken: boolean };

/** A Secret whose account is gone, or is another one under the same name, goes; one that lacks something is filled (Kubernetes: tokens controller). */
export function plan({ secret, account }: Observed, caCertificate: string): Action | undefined {
  if (secret.type !== tokenType || secret.metadata.deletionTimestamp !== undefined) return undefined;
  const named = secret.metadata.annotations?.[accountUidAnnotation];
  if (account === undefined || (named !== undefined && named !== '' && named !== account.metadata.uid))
    return { type: 'delete' };
  const { token, namespace, 'ca.crt': ca } = secret.data ?? {};
  const needsToken = token === undefined || token === '';
  const complete = ca === encoded(caCertificate) && namespace === encoded(secret.metadata.namespace ?? '');
  return needsToken || !complete || named === undefined ? { type: 'fill', account, needsToken } : undefined;
}

/** With what a pod needs to speak to the API; `token` is undefined when it keeps the one that it has. */
export function filled(
  secret: Secret,
  account: ServiceAccount,
  token: string | undefined,
  caCertificate: string,
): Secret {
  const annotations = { ...secret.metadata.annotations, [accountUidAnnotation]: account.metadata.uid ?? '' };
  const data = {
    ...secret.data,
    'ca.crt': encoded(caCertificate),
    namespace: encoded(secret.metadata.namespace ?? ''),
    ...(token === undefined ? {} : { token: encoded(token) }),
  };
  return { ...secret, metadata: { ...secret.metadata, annotations }, data };
}

const encoded = (text: string): string => Buffer.from(text).toString('base64');

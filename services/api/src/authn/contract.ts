import type { Asked } from './constrained-impersonation.ts';

/** Who asks (authentication.k8s.io/v1 UserInfo). */
export interface UserInfo {
  username: string;
  uid?: string;
  groups: readonly string[];
  extra?: ReadonlyMap<string, readonly string[]>;
}

/** What a client certificate says of its owner. */
export interface ClientCertificate {
  /** Of its subject, as are the organizations. */
  commonName: string;
  organizations: readonly string[];
  /** SHA-256 of its DER, as hexadecimal digits in lower case. */
  fingerprint: string;
}

/** What a request carried to say who it is; nothing of it is checked yet, but for the certificate, which TLS has verified. */
export interface Credentials {
  bearerToken?: string;
  certificate?: ClientCertificate;
  /** From the Impersonate-* headers. */
  impersonate?: UserInfo;
}

export interface Authenticator {
  /**
   * Gives whom a request is to be taken for, at once where that is known; `onOwn` is told who he is himself. `asked` is what it is for: some may be others for that alone.
   * `system:anonymous` without credentials; throws Unauthorized for credentials that do not hold, Forbidden for an impersonation that is not allowed.
   */
  authenticate(credentials: Credentials, onOwn?: (own: UserInfo) => void, asked?: Asked): UserInfo | Promise<UserInfo>;
}

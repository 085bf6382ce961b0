import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, type JWK, jwtVerify, SignJWT } from 'jose';

/** Issuer and default audience of service account tokens. */
export const serviceAccountIssuer = 'https://kubernetes.default.svc.cluster.local';

/** What a token says; the private claim `kubernetes.io` of Kubernetes' bound tokens (KEP-1205). */
export interface TokenClaims {
  namespace: string;
  serviceaccount: ObjectRef;
  pod?: ObjectRef;
  secret?: ObjectRef;
  node?: ObjectRef;
}

export interface ObjectRef {
  name: string;
  uid: string;
}

export interface VerifiedToken {
  claims: TokenClaims;
  audiences: string[];
  /** `jti`; goes into the user's extra as the credential's id. */
  id: string | undefined;
  /** Seconds since the epoch. */
  expires: number;
  /** Id of the key that signed it. */
  keyId: string;
}

export interface SigningKey {
  privateKey: KeyObject;
  publicKey: KeyObject;
  algorithm: 'ES256' | 'RS256';
  id: string;
  jwk: JWK;
}

/** Reads an EC P-256 or RSA private key; its id is the thumbprint of the public half (RFC 7638). */
export async function readSigningKey(pem: string): Promise<SigningKey> {
  const privateKey = createPrivateKey(pem);
  const publicKey = createPublicKey(privateKey);
  const algorithm = privateKey.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256';
  const jwk = await exportJWK(publicKey);
  const id = await calculateJwkThumbprint(jwk);
  return { privateKey, publicKey, algorithm, id, jwk: { ...jwk, kid: id, alg: algorithm, use: 'sig' } };
}

export interface TokenOptions {
  claims: TokenClaims;
  audiences: readonly string[];
  /** Seconds from now. */
  lifetime: number;
  now: Date;
  id: string;
}

export type SigningKeys = readonly [SigningKey, ...SigningKey[]];

/** Reads the keys of a file, one PEM block after the other. Throws when there is none. */
export async function readSigningKeys(pem: string): Promise<SigningKeys> {
  const blocks = pem.match(/-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g) ?? [];
  const [first, ...more] = await Promise.all(blocks.map(readSigningKey));
  if (first === undefined) throw new Error('no private key in PEM');
  return [first, ...more];
}

/** Signs and checks service account tokens. The first key signs; all check, so that keys can be rotated. */
export class ServiceAccountTokens {
  #keys: SigningKeys;
  #keySet: { keys: JWK[] };

  constructor(keys: SigningKeys) {
    this.#keys = keys;
    this.#keySet = { keys: keys.map((key) => key.jwk) };
  }

  /** Takes other keys in place of those it has. */
  replace(keys: SigningKeys): void {
    this.#keys = keys;
    this.#keySet = { keys: keys.map((key) => key.jwk) };
  }

  /** Whether what a key of this id signed still holds. */
  knows(id: string): boolean {
    return this.#keys.some((key) => key.id === id);
  }

  /** JSON Web Key Set of the public halves, for others who check tokens. */
  keySet(): { keys: JWK[] } {
    return this.#keySet;
  }

  async issue({ claims, audiences, lifetime, now, id }: TokenOptions): Promise<{ token: string; expires: Date }> {
    const [key] = this.#keys;
    const issued = Math.floor(now.getTime() / 1000);
    const token = await new SignJWT({ 'kubernetes.io': claims })
      .setProtectedHeader({ alg: key.algorithm, kid: key.id })
      .setIssuer(serviceAccountIssuer)
      .setAudience([...audiences])
      .setSubject(`system:serviceaccount:${claims.namespace}:${claims.serviceaccount.name}`)
      .setIssuedAt(issued)
      .setNotBefore(issued)
      .setExpirationTime(issued + lifetime)
      .setJti(id)
      .sign(key.privateKey);
    return { token, expires: new Date((issued + lifetime) * 1000) };
  }

  /** Signature, issuer, audience (one of those given) and times; undefined when any does not hold. Only the keys' own algorithms are accepted. */
  async verify(token: string, audiences: readonly string[], now: Date): Promise<VerifiedToken | undefined> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, (header) => this.#keyFor(header.kid, header.alg), {
        issuer: serviceAccountIssuer,
        audience: [...audiences],
        algorithms: [...new Set(this.#keys.map((key) => key.algorithm))],
        currentDate: now,
        requiredClaims: ['exp', 'sub'],
      });
      const claims = readClaims(payload['kubernetes.io']);
      const subject = claims && `system:serviceaccount:${claims.namespace}:${claims.serviceaccount.name}`;
      if (claims === undefined || payload.sub !== subject) return undefined;
      const named = typeof payload.aud === 'string' ? [payload.aud] : (payload.aud ?? []);
      return { claims, audiences: named, id: payload.jti, expires: payload.exp ?? 0, keyId: protectedHeader.kid ?? '' };
    } catch {
      // Whatever is wrong with a token, the client is told no more than that it does not hold.
      return undefined;
    }
  }

  #keyFor(id: string | undefined, algorithm: string): KeyObject {
    const key = this.#keys.find((candidate) => candidate.id === id);
    if (key === undefined || key.algorithm !== algorithm) throw new Error('unknown key');
    return key.publicKey;
  }
}

function readClaims(value: unknown): TokenClaims | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { namespace, serviceaccount, pod, secret, node } = value as Record<string, unknown>;
  if (typeof namespace !== 'string' || !isRef(serviceaccount)) return undefined;
  const bound = { pod, secret, node };
  const refs = Object.entries(bound).filter(([, ref]) => ref !== undefined);
  if (!refs.every(([, ref]) => isRef(ref))) return undefined;
  return { namespace, serviceaccount, ...(Object.fromEntries(refs) as Record<string, ObjectRef>) };
}

function isRef(value: unknown): value is ObjectRef {
  if (typeof value !== 'object' || value === null) return false;
  const { name, uid } = value as Record<string, unknown>;
  return typeof name === 'string' && typeof uid === 'string';
}

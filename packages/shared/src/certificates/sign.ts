import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { CertificateRequest } from './request.ts';
import { extendedUsagesOf, keyUsageOf } from './usages.ts';

x509.cryptoProvider.set(webcrypto);

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** Clocks of clients may be behind: a certificate holds from five minutes ago, which counts in its time unless that is short. */
const backdateMs = 5 * 60_000;
const shortMs = 8 * 3600_000;

/** Certificate and key (PKCS #8, EC P-256) of an authority, both PEM. */
export interface SigningAuthority {
  cert: string;
  key: string;
}

/**
 * A certificate in PEM for what was asked for: its subject, names and key, for these usages and no authority itself. It ends with the authority at the
 * latest. Throws when the request is not signed with its own key (Kubernetes: authority.PermissiveSigningPolicy).
 */
export async function signRequest(
  authority: SigningAuthority,
  request: CertificateRequest,
  { usages, lifetimeMs, now }: { usages: readonly string[]; lifetimeMs: number; now: Date },
): Promise<string> {
  if (!(await request.verify())) throw new Error('unable to verify certificate request signature');
  const issuer = new x509.X509Certificate(authority.cert);
  const wanted = now.getTime() + lifetimeMs - (lifetimeMs < shortMs ? 0 : backdateMs);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: subjectOf(request),
    issuer: issuer.subjectName,
    notBefore: new Date(now.getTime() - backdateMs),
    notAfter: new Date(Math.min(wanted, issuer.notAfter.getTime())),
    publicKey: request.publicKey,
    signingKey: await signingKey(authority.key),
    signingAlgorithm: algorithm,
    extensions: await extensionsOf(request, usages, issuer),
  });
  return `${certificate.toString('pem')}\n`;
}

/** When a certificate in PEM ends; undefined when it cannot be read. */
export function certificateEnd(pem: string): Date | undefined {
  try {
    return new x509.X509Certificate(pem).notAfter;
  } catch {
    return undefined;
  }
}

/** Written anew from what was read, so that nobody who reads the certificate can find another name in it than was checked. */
const subjectOf = ({ subject }: CertificateRequest): x509.Name =>
  new x509.Name(subject.map(({ type, value }) => ({ [type]: [{ utf8String: value }] })));

async function extensionsOf(
  request: CertificateRequest,
  usages: readonly string[],
  issuer: x509.X509Certificate,
): Promise<x509.Extension[]> {
  const keyUsage = keyUsageOf(usages);
  const extended = extendedUsagesOf(usages);
  const names = [
    ...request.dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...request.emailAddresses.map((value) => ({ type: 'email' as const, value })),
    ...request.ipAddresses.map((value) => ({ type: 'ip' as const, value })),
    ...request.uris.map((value) => ({ type: 'url' as const, value })),
  ];
  return [
    ...(keyUsage === 0 ? [] : [new x509.KeyUsagesExtension(keyUsage, true)]),
    ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
    new x509.BasicConstraintsExtension(false, undefined, true),
    await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
  ];
}

const signingKey = (pem: string): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), algorithm, false, ['sign']);

/** Positive, as every serial number. */
const serialNumber = (): string => {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
};

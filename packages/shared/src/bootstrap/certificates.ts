import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 24 * 3600 * 1000;

/** A certificate with its private key, both PEM (PKCS #8). */
export interface KeyedCertificate {
  cert: string;
  key: string;
}

/** A new self-signed authority, EC P-256, valid ten years as kubeadm's. */
export async function createAuthority(commonName: string, now: Date): Promise<KeyedCertificate> {
  const keys = await generateKeys();
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${commonName}`,
    notBefore: earlier(now),
    notAfter: new Date(now.getTime() + 3650 * day),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: cert.toString('pem'), key: await exportKey(keys.privateKey) };
}

export interface CertificateRequest {
  commonName: string;
  /** Groups of the user, as O attributes (Kubernetes: X.509 client certificates). */
  organizations?: readonly string[];
  /** DNS names and IP addresses; makes it a server certificate, else it is a client's. */
  subjectAltNames?: readonly string[];
  now: Date;
}

/** A certificate signed by the authority, valid one year as kubeadm's. */
export async function issueCertificate(
  authority: KeyedCertificate,
  request: CertificateRequest,
): Promise<KeyedCertificate> {
  const issuer = new x509.X509Certificate(authority.cert);
  const keys = await generateKeys();
  const server = request.subjectAltNames !== undefined;
  const subject = new x509.Name([
    ...(request.organizations ?? []).map((o) => ({ O: [o] })),
    { CN: [request.commonName] },
  ]);
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: subject.toString(),
    issuer: issuer.subject,
    notBefore: earlier(request.now),
    notAfter: new Date(request.now.getTime() + 365 * day),
    signingKey: await importKey(authority.key),
    publicKey: keys.publicKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        server ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...(server ? [subjectAltName(request.subjectAltNames ?? [])] : []),
    ],
  });
  return { cert: cert.toString('pem'), key: await exportKey(keys.privateKey) };
}

/** Names that a certificate is valid for, and when it ends. */
export function inspectCertificate(pem: string): { subjectAltNames: string[]; notAfter: Date } {
  const cert = new x509.X509Certificate(pem);
  const names = cert.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  return { subjectAltNames: names.map((n) => n.value), notAfter: cert.notAfter };
}

/** A PKCS #8 PEM private key, EC P-256 (ES256), for signing service-account tokens. */
export async function createSigningKey(): Promise<string> {
  return exportKey((await generateKeys()).privateKey);
}

const subjectAltName = (names: readonly string[]) =>
  new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })));

/** Clocks of clients may be a little behind. */
const earlier = (now: Date) => new Date(now.getTime() - 3600_000);

const serialNumber = () =>
  Buffer.from(webcrypto.getRandomValues(new Uint8Array(16)))
    .toString('hex')
    .replace(/^[89a-f]/, '7');

const generateKeys = () =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(pem), algorithm, true, [
    'sign',
  ]) as Promise<webcrypto.CryptoKey>;
}

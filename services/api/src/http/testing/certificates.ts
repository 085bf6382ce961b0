import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A throwaway CA with a server certificate for the loopback and client certificates, for tests. */
export interface TestCertificates {
  ca: string;
  server: { key: string; cert: string };
  client(commonName: string, organizations: readonly string[]): Promise<{ key: string; cert: string }>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** `dnsNames`: further DNS names of the server. */
export async function createCertificates(dnsNames: readonly string[] = []): Promise<TestCertificates> {
  x509.cryptoProvider.set(webcrypto as never);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=test-ca',
    keys: keys as never,
    signingAlgorithm: algorithm,
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const issue = async (subject: string, extensions: x509.Extension[]): Promise<{ key: string; cert: string }> => {
    const pair = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const cert = await x509.X509CertificateGenerator.create({
      subject,
      issuer: ca.subject,
      publicKey: pair.publicKey as never,
      signingKey: keys.privateKey as never,
      signingAlgorithm: algorithm,
      notAfter: new Date(Date.now() + 86_400_000),
      extensions,
    });
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', pair.privateKey));
    return { key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'), cert: cert.toString('pem') };
  };
  const names = new x509.SubjectAlternativeNameExtension([
    { type: 'ip', value: '127.0.0.1' },
    { type: 'dns', value: 'localhost' },
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
  ]);
  return {
    ca: ca.toString('pem'),
    server: await issue('CN=localhost', [names]),
    client: (commonName, organizations) =>
      issue([`CN=${commonName}`, ...organizations.map((o) => `O=${o}`)].join(','), []),
  };
}

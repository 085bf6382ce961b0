import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

export const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A request for a certificate with a key of its own, as `spec.request` holds it. */
export async function requestFor(subject: x509.JsonName, names: x509.JsonGeneralNames = []): Promise<string> {
  x509.cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const extensions = names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)];
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: new x509.Name(subject).toJSON(),
    keys,
    signingAlgorithm: algorithm,
    extensions,
  });
  return Buffer.from(request.toString('pem')).toString('base64');
}

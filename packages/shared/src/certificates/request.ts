import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

/** RFC 5280, 4.2.1.6. */
const subjectAltName = '2.5.29.17';
const begin = '-----BEGIN CERTIFICATE REQUEST-----';

/** What a PKCS #10 request asks for, as Kubernetes reads it (Go: x509.CertificateRequest). */
export interface CertificateRequest {
  /** The last one, when there are several. */
  commonName: string;
  organizations: readonly string[];
  dnsNames: readonly string[];
  ipAddresses: readonly string[];
  emailAddresses: readonly string[];
  uris: readonly string[];
  /** Attributes of the subject in the order of the request, each as its decoded text; of CN the last alone. */
  subject: readonly { type: string; value: string }[];
  publicKey: x509.PublicKey;
  /** Whether who asks has the key. */
  verify(): Promise<boolean>;
}

/** Reads a request in PEM; throws an Error that says what is wrong with it. */
export function parseRequest(pem: string): CertificateRequest {
  if (!pem.includes(begin)) throw new Error('PEM block type must be CERTIFICATE REQUEST');
  const request = readRequest(pem);
  const subject = attributesOf(request.subjectName);
  const valuesOf = (wanted: string): string[] =>
    subject.filter(({ type }) => type === wanted).map(({ value }) => value);
  const extension = request.getExtension(subjectAltName);
  const names = extension instanceof x509.SubjectAlternativeNameExtension ? extension.names.items : [];
  const namesOf = (wanted: string): string[] => names.filter(({ type }) => type === wanted).map(({ value }) => value);
  const commonName = valuesOf('CN').at(-1) ?? '';
  return {
    commonName,
    organizations: valuesOf('O'),
    dnsNames: namesOf('dns'),
    ipAddresses: namesOf('ip'),
    emailAddresses: namesOf('email'),
    uris: namesOf('url'),
    subject: [
      ...subject.filter(({ type }) => type !== 'CN'),
      ...(commonName === '' ? [] : [{ type: 'CN', value: commonName }]),
    ],
    publicKey: request.publicKey,
    verify: () => request.verify(),
  };
}

function readRequest(pem: string): x509.Pkcs10CertificateRequest {
  try {
    return new x509.Pkcs10CertificateRequest(pem.slice(pem.indexOf(begin)));
  } catch (error) {
    throw new Error('asn1: structure error', { cause: error });
  }
}

/** Attributes that a certificate of Kubernetes carries (Go: pkix.Name); others are left out. */
const attributes = ['C', 'O', 'OU', 'L', 'ST', 'CN'];

function attributesOf(name: x509.Name): { type: string; value: string }[] {
  return attributes.flatMap((type) => name.getField(type).map((value) => ({ type, value })));
}

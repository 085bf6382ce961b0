import * as x509 from '@peculiar/x509';

const { KeyUsageFlags: flags } = x509;

/** certificates.k8s.io KeyUsages that are bits of the key usage extension. */
const keyUsages: ReadonlyMap<string, number> = new Map([
  ['signing', flags.digitalSignature],
  ['digital signature', flags.digitalSignature],
  ['content commitment', flags.nonRepudiation],
  ['key encipherment', flags.keyEncipherment],
  ['key agreement', flags.keyAgreement],
  ['data encipherment', flags.dataEncipherment],
  ['cert sign', flags.keyCertSign],
  ['crl sign', flags.cRLSign],
  ['encipher only', flags.encipherOnly],
  ['decipher only', flags.decipherOnly],
]);

/** Those that are purposes of the extended key usage extension (RFC 5280, 4.2.1.12). */
const extendedUsages: ReadonlyMap<string, string> = new Map([
  ['any', '2.5.29.37.0'],
  ['server auth', '1.3.6.1.5.5.7.3.1'],
  ['client auth', '1.3.6.1.5.5.7.3.2'],
  ['code signing', '1.3.6.1.5.5.7.3.3'],
  ['email protection', '1.3.6.1.5.5.7.3.4'],
  ['s/mime', '1.3.6.1.5.5.7.3.4'],
  ['ipsec end system', '1.3.6.1.5.5.7.3.5'],
  ['ipsec tunnel', '1.3.6.1.5.5.7.3.6'],
  ['ipsec user', '1.3.6.1.5.5.7.3.7'],
  ['timestamping', '1.3.6.1.5.5.7.3.8'],
  ['ocsp signing', '1.3.6.1.5.5.7.3.9'],
  ['microsoft sgc', '1.3.6.1.4.1.311.10.3.3'],
  ['netscape sgc', '2.16.840.1.113730.4.1'],
]);

/** Bits of the key usage extension; usages that belong to the other extension have none. */
export function keyUsageOf(usages: readonly string[]): number {
  return usages.reduce((bits, usage) => bits | (keyUsages.get(usage) ?? 0), 0);
}

/** Object identifiers of the extended key usage extension, each once; usages that belong to the other extension have none. */
export function extendedUsagesOf(usages: readonly string[]): string[] {
  return [...new Set(usages.flatMap((usage) => extendedUsages.get(usage) ?? []))];
}

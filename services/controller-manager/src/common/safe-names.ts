import { safeAlphabet as alphabet } from '@kubus/shared/object';

/** Names that nobody has to explain, built as Kubernetes builds generated names and hashes. */
const base = alphabet.length;
const suffixLength = 5;
/** How many different suffixes there are: 27^5. */
export const suffixCount = base ** suffixLength;
const maxNameLength = 63;

/** `prefix`, cut so that the whole stays a label, and a suffix of five characters that stands for `number` below `suffixCount`. */
export function generatedName(prefix: string, number: number): string {
  return `${prefix.slice(0, maxNameLength - suffixLength)}${encodeSuffix(number)}`;
}

/** The number that was given to `generatedName`, or undefined for a name that it did not make. */
export function numberInName(prefix: string, name: string): number | undefined {
  const cut = prefix.slice(0, maxNameLength - suffixLength);
  return name.startsWith(cut) && name.length === cut.length + suffixLength
    ? decodeSuffix(name.slice(cut.length))
    : undefined;
}

function encodeSuffix(number: number): string {
  let rest = number;
  let suffix = '';
  for (let i = 0; i < suffixLength; i++) {
    suffix += alphabet[rest % base];
    rest = Math.floor(rest / base);
  }
  return suffix;
}

function decodeSuffix(suffix: string): number | undefined {
  let number = 0;
  for (let i = suffixLength - 1; i >= 0; i--) {
    const digit = alphabet.indexOf(suffix.charAt(i));
    if (digit < 0) return undefined;
    number = number * base + digit;
  }
  return number;
}

/** Writes the decimal digits of a number in the safe alphabet, as Kubernetes writes a pod-template-hash. */
export function safeEncode(number: number): string {
  let encoded = '';
  for (const digit of String(number)) encoded += alphabet[digit.charCodeAt(0) % base];
  return encoded;
}

/** FNV-1a, 32 bits, over the UTF-8 bytes. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

import type { FieldError } from '../../errors/index.ts';
import { type IpAddress, isMapped, parseCidr, parseIp } from '../../object/index.ts';
import { field } from '../field.ts';

const notAnIp = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const notACidr = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

/** An address as new objects may hold it (apimachinery/pkg/util/validation, strict since KEP-4858). */
export function ipErrors(text: string, where: string): FieldError[] {
  const ip = parseIp(text);
  if (ip === undefined) {
    return [field.invalid(where, text, hasLeadingZeros(text) ? 'must not have leading 0s' : notAnIp)];
  }
  return isMapped(ip) ? [field.invalid(where, text, 'must not be an IPv4-mapped IPv6 address')] : [];
}

function hasLeadingZeros(text: string): boolean {
  const parts = text.split('.');
  return (
    parts.length === 4 &&
    parts.every((part) => /^\d{1,6}$/.test(part) && Number(part) < 256) &&
    parts.some((part) => part.length > 1 && part.startsWith('0'))
  );
}

/** A range: all bits after its prefix are 0. */
export function cidrErrors(text: string, where: string): FieldError[] {
  const cidr = parseCidr(text);
  if (cidr === undefined) return [field.invalid(where, text, notACidr)];
  if (isMapped({ family: cidr.family, value: cidr.address })) {
    return [field.invalid(where, text, 'must not have an IPv4-mapped IPv6 address')];
  }
  if (cidr.address === cidr.first) return [];
  return [field.invalid(where, text, 'must not have bits set beyond the prefix length')];
}

/** Addresses that belong to no other machine (pkg/apis/core/validation ValidateEndpointIP). The text is an address. */
export function endpointIpErrors(text: string, where: string): FieldError[] {
  const ip = parseIp(text);
  const why = ip === undefined ? undefined : special(ip, text);
  return why === undefined ? [] : [field.invalid(where, text, why)];
}

function special({ family, value }: IpAddress, text: string): string | undefined {
  if (value === 0n) return `may not be unspecified (${text})`;
  const four = family === 'IPv4';
  if (four ? value >> 24n === 127n : value === 1n) {
    return 'may not be in the loopback range (127.0.0.0/8, ::1/128)';
  }
  if (four ? value >> 16n === 0xa9fen : value >> 118n === 0x3fan) {
    return 'may not be in the link-local range (169.254.0.0/16, fe80::/10)';
  }
  if (four ? value >> 8n === 0xe00000n : value >> 112n === 0xff02n) {
    return 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)';
  }
  return undefined;
}

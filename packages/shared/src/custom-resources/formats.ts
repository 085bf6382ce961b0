import { isIP } from 'node:net';

const matches = (pattern: RegExp) => (text: string) => pattern.test(text);
const hex = '[0-9a-fA-F]';

function isCidr(text: string): boolean {
  const [address = '', length = '', ...rest] = text.split('/');
  const family = isIP(address);
  return rest.length === 0 && family !== 0 && /^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128);
}

function isUri(text: string): boolean {
  return /^(?:[A-Za-z][A-Za-z0-9+.-]*:|\/)[^\s]*$/.test(text);
}

const days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day >= 1 && day <= (days[month - 1] ?? 0) && (month !== 2 || day < 29 || leap);
}

function isDateTime(text: string): boolean {
  const match = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,]\d+)?(?:[Zz]|[+-]\d{2}:?\d{2})$/.exec(text);
  if (match === null || !isDate(match[1] as string)) return false;
  return Number(match[2]) < 24 && Number(match[3]) < 60 && Number(match[4]) < 60;
}

/** The formats that are checked; all others are taken (apiextensions-apiserver/pkg/apiserver/validation/formats.go). */
export const formats: ReadonlyMap<string, (text: string) => boolean> = new Map(
  Object.entries({
    bsonobjectid: matches(new RegExp(`^${hex}{24}$`)),
    uri: isUri,
    email: matches(/^[^\s@<>]+@[^\s@<>]+$/),
    hostname: (text: string) =>
      text.length <= 255 &&
      /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\.?$/.test(
        text,
      ),
    ipv4: (text: string) => isIP(text) === 4,
    ipv6: (text: string) => isIP(text) === 6,
    cidr: isCidr,
    mac: matches(new RegExp(`^(?:${hex}{2}[:-]){5}${hex}{2}$`)),
    uuid: matches(new RegExp(`^${hex}{8}-?${hex}{4}-?${hex}{4}-?${hex}{4}-?${hex}{12}$`)),
    uuid3: matches(new RegExp(`^${hex}{8}-?${hex}{4}-?3${hex}{3}-?${hex}{4}-?${hex}{12}$`)),
    uuid4: matches(new RegExp(`^${hex}{8}-?${hex}{4}-?4${hex}{3}-?[89abAB]${hex}{3}-?${hex}{12}$`)),
    uuid5: matches(new RegExp(`^${hex}{8}-?${hex}{4}-?5${hex}{3}-?[89abAB]${hex}{3}-?${hex}{12}$`)),
    isbn: matches(/^(?:[\d -]{9,16}[\dXx])$/),
    isbn10: matches(/^(?:\d[\d -]{8,11}[\dXx])$/),
    isbn13: matches(/^(?:\d[\d -]{11,15}\d)$/),
    creditcard: matches(/^\d[\d -]{11,22}\d$/),
    ssn: matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
    hexcolor: matches(new RegExp(`^#?(?:${hex}{3}|${hex}{6})$`)),
    rgbcolor: matches(/^rgb\( ?\d{1,3} ?, ?\d{1,3} ?, ?\d{1,3} ?\)$/),
    byte: matches(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
    date: isDate,
    datetime: isDateTime,
    'date-time': isDateTime,
    duration: matches(
      /^-?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h|d|w))+|\d+ (?:nanoseconds?|milliseconds?|seconds?|minutes?|hours?|days?|weeks?))$/,
    ),
  }),
);

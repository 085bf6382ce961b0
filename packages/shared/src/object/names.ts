/**
 * The formats of names in Kubernetes (apimachinery/pkg/util/validation and pkg/api/validate/content). Each gives the reasons for which a
 * value is refused, in Kubernetes' words; none when it is fine.
 */

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualified})?`;
const configKey = '[-._a-zA-Z0-9]+';
const percent = '[0-9]+%';

const whole = (format: string): RegExp => new RegExp(`^${format}$`);
const labelPattern = whole(label);
const label1035Pattern = whole(label1035);
const subdomainPattern = whole(subdomain);
const qualifiedPattern = whole(qualified);
const labelValuePattern = whole(labelValue);
const configKeyPattern = whole(configKey);
const percentPattern = whole(percent);

const charset =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** A format's description with examples and its expression, as every message of that kind ends. */
function explain(message: string, format: string, ...examples: readonly string[]): string {
  const samples = examples.map((example) => `'${example}'`).join(' or ');
  return `${message} (e.g. ${samples.replaceAll("' or '", "',  or '")}, regex used for validation is '${format}')`;
}

/** Kubernetes' message for text that is too long. */
export function maxLength(length: number): string {
  return `must be no more than ${length} characters`;
}

/** What is wrong with the number; both bounds are allowed. */
export function inRange(value: number, low: number, high: number): string[] {
  return value >= low && value <= high ? [] : [`must be between ${low} and ${high}, inclusive`];
}

/** A label of a DNS name: RFC 1123. */
export function dnsLabel(value: string): string[] {
  const errors = value.length > 63 ? [maxLength(63)] : [];
  if (labelPattern.test(value)) return errors;
  if (subdomainPattern.test(value)) return [...errors, 'must not contain dots'];
  const message =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  return [...errors, explain(message, label, 'my-name', '123-abc')];
}

/** A label that begins with a letter: RFC 1035. */
export function dns1035Label(value: string): string[] {
  const errors = value.length > 63 ? [maxLength(63)] : [];
  if (label1035Pattern.test(value)) return errors;
  const message =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return [...errors, explain(message, label1035, 'my-name', 'abc-123')];
}

/** A DNS name: RFC 1123. */
export function dnsSubdomain(value: string): string[] {
  const errors = value.length > 253 ? [maxLength(253)] : [];
  if (subdomainPattern.test(value)) return errors;
  const message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [...errors, explain(message, subdomain, 'example.com')];
}

/** A label key: a name with an optional DNS prefix. Finalizers, annotations (whatever their case) and resource names have it too. */
export function qualifiedName(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2) {
    return [
      `a valid label key ${aboutQualified()} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1) ?? '';
  const errors = parts.length === 2 ? prefixErrors(parts[0] ?? '') : [];
  if (name === '') errors.push('name part must be non-empty');
  else if (name.length > 63) errors.push(`name part ${maxLength(63)}`);
  if (!qualifiedPattern.test(name)) errors.push(`name part ${aboutQualified()}`);
  return errors;
}

const aboutQualified = (): string => explain(charset, qualified, 'MyName', 'my.name', '123-abc');

function prefixErrors(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty'];
  return dnsSubdomain(prefix).map((message) => `prefix part ${message}`);
}

/** What is wrong with the value of a label. */
export function labelValueErrors(value: string): string[] {
  const errors = value.length > 63 ? [maxLength(63)] : [];
  if (labelValuePattern.test(value)) return errors;
  const message = `a valid label must be an empty string or ${charset.replace('must consist', 'consist')}`;
  return [...errors, explain(message, labelValue, 'MyValue', 'my_value', '12345')];
}

/** A key of a ConfigMap or Secret. */
export function configMapKey(value: string): string[] {
  const errors = value.length > 253 ? [maxLength(253)] : [];
  if (!configKeyPattern.test(value)) {
    const message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    errors.push(explain(message, configKey, 'key.name', 'KEY_NAME', 'key-name'));
  }
  return [...errors, ...directoryErrors(value)];
}

/** An environment variable's name, relaxed: printable ASCII but '=' (KEP-4369). */
export function envVarName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  if (/^[\x20-\x3c\x3e-\x7e]+$/.test(value)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** The name of a container's port. */
export function portName(value: string): string[] {
  const errors: string[] = [];
  if (value.length > 15) errors.push(maxLength(15));
  if (!/^[-a-z0-9]+$/.test(value))
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

/** What is wrong with the number of a port. */
export function portNumber(value: number): string[] {
  return inRange(value, 1, 65_535);
}

/** What is wrong with a percentage such as `25%`. */
export function percentage(value: string): string[] {
  if (percentPattern.test(value)) return [];
  return [explain("a valid percent string must be a numeric string followed by an ending '%'", percent, '1%', '93%')];
}

/** What a segment of an API path may not hold (apimachinery/pkg/api/validation/path). */
export function pathSegmentName(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((text) => value.includes(text)).map((text) => `may not contain '${text}'`);
}

function directoryErrors(value: string): string[] {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
}

/** Of what is generated in names: letters and digits that spell no words, none easily taken for another (apimachinery/pkg/util/rand). */
export const safeAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** A generateName may end in '-', for what follows it. */
export function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name;
}

import * as names from '../../object/names.ts';
import { CelError } from '../errors.ts';
import { fn, type Overload } from '../function.ts';
import { parseTimestamp } from '../time.ts';
import { ArrayList, CelOpaque, CelOptional } from '../values.ts';

/** A named format, with the reasons for which a text does not have it. */
class Format extends CelOpaque {
  readonly typeName = 'kubernetes.NamedFormat';
  readonly name: string;
  readonly validate: (text: string) => string[];

  constructor(name: string, validate: (text: string) => string[]) {
    super();
    this.name = name;
    this.validate = validate;
  }

  equals(other: CelOpaque): boolean {
    return this.name === (other as Format).name;
  }
}

const matching = (pattern: RegExp, why: string) => (text: string) => (pattern.test(text) ? [] : [why]);
const prefix = (validate: (text: string) => string[]) => (text: string) => validate(names.maskTrailingDash(text));
const isDay = (text: string): string[] => (/^\d{4}-\d{2}-\d{2}$/.test(text) && isTime(text) ? [] : ['invalid date']);

function isTime(text: string): boolean {
  try {
    parseTimestamp(text);
    return true;
  } catch (error) {
    if (error instanceof CelError) return false;
    throw error;
  }
}

const all: ReadonlyMap<string, Format> = new Map(
  Object.entries({
    dns1123Label: names.dnsLabel,
    dns1123Subdomain: names.dnsSubdomain,
    dns1035Label: names.dns1035Label,
    qualifiedName: names.qualifiedName,
    dns1123LabelPrefix: prefix(names.dnsLabel),
    dns1123SubdomainPrefix: prefix(names.dnsSubdomain),
    dns1035LabelPrefix: prefix(names.dns1035Label),
    labelValue: names.labelValueErrors,
    uri: matching(/^(?:[A-Za-z][A-Za-z0-9+.-]*:|\/)[^\s]*$/, 'parse error: invalid URI for request'),
    uuid: matching(
      /^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$/,
      'does not match the UUID format',
    ),
    byte: matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'invalid base64'),
    date: isDay,
    datetime: (text: string) => (text.length > 10 && isTime(text) ? [] : ['invalid datetime']),
  }).map(([name, validate]) => [name, new Format(name, validate)]),
);

const F = 'kubernetes.NamedFormat';

/** Kubernetes' format library. */
export const formats: readonly Overload[] = [
  fn(`format::named(string): optional(${F})`, (_, name: string) => new CelOptional(all.get(name))),
  ...[...all].map(([name, format]) => fn(`format::${name}(): ${F}`, () => format)),
  fn(`${F}.validate(string): optional(list(string))`, (_, format: Format, text: string) => {
    const reasons = format.validate(text);
    return reasons.length === 0 ? new CelOptional() : new CelOptional(new ArrayList(reasons));
  }),
];

import { SelectorError } from './label-selector.ts';

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** All requirements have to hold; a field that an object does not have is '' (apimachinery/pkg/fields). */
export class FieldSelector {
  static readonly everything = new FieldSelector([]);

  readonly requirements: readonly FieldRequirement[];

  constructor(requirements: readonly FieldRequirement[]) {
    this.requirements = requirements;
  }

  get isEverything(): boolean {
    return this.requirements.length === 0;
  }

  /** `fieldOf` gives the object's value of a field. */
  matches(fieldOf: (field: string) => string): boolean {
    return this.requirements.every(({ field, operator, value }) => (fieldOf(field) === value) === (operator === '='));
  }

  /** The value that a field must have, when the selector demands one. */
  exact(field: string): string | undefined {
    return this.requirements.find((requirement) => requirement.field === field && requirement.operator === '=')?.value;
  }

  toString(): string {
    return this.requirements.map(({ field, operator, value }) => `${field}${operator}${escapeValue(value)}`).join(',');
  }
}

/** Reads 'a.b=c,d!=e'; in values, `\`, `,` and `=` are escaped by `\`. '' selects everything. Throws SelectorError. */
export function parseFieldSelector(text: string): FieldSelector {
  const terms = splitTerms(text).filter((term) => term !== '');
  return terms.length === 0
    ? FieldSelector.everything
    : new FieldSelector(terms.toSorted().map((term) => parseTerm(term, text)));
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...terms, text.slice(start)];
}

function parseTerm(term: string, text: string): FieldRequirement {
  const match = /!=|==?/.exec(term);
  if (match === null) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
  return {
    field: term.slice(0, match.index),
    operator: match[0] === '!=' ? '!=' : '=',
    value: unescapeValue(term.slice(match.index + match[0].length)),
  };
}

function unescapeValue(value: string): string {
  let plain = '';
  for (let i = 0; i < value.length; i += 1) {
    const char = value.charAt(i);
    if (char === ',' || char === '=')
      throw new SelectorError(`invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`);
    if (char !== '\\') plain += char;
    else {
      i += 1;
      const escaped = value.charAt(i);
      if (escaped === '' || !'\\,='.includes(escaped))
        throw new SelectorError(`invalid field selector: invalid escape sequence: \\${escaped}`);
      plain += escaped;
    }
  }
  return plain;
}

const escapeValue = (value: string): string => value.replace(/[\\,=]/g, '\\$&');

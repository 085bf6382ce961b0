import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldSelector, parseFieldSelector } from './field-selector.ts';
import { scaledIntOrPercent } from './int-or-string.ts';
import { LabelSelector, labelSelector, labelsSelector, SelectorError } from './label-selector.ts';
import { parseLabelSelector } from './parse-label-selector.ts';

describe('a label selector in text', () => {
  const labels = { app: 'web', tier: 'front', 'kubus.io/rank': '7', empty: '' };

  it.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app=db', false],
    ['app!=db', true],
    ['missing!=db', true],
    ['app in (db, web)', true],
    ['app in (db)', false],
    ['app notin (db)', true],
    ['missing notin (db)', true],
    ['missing in (db)', false],
    ['app', true],
    ['missing', false],
    ['!missing', true],
    ['!app', false],
    ['! app', false],
    ['kubus.io/rank>6', true],
    ['kubus.io/rank<7', false],
    ['app>1', false],
    ['app=web,tier=front', true],
    ['app=web,tier=back', false],
    [' app = web , tier ', true],
    ['empty=', true],
    ['empty=,app', true],
    ['empty in ()', true],
    ['app in (,web)', true],
    ['in in (in,notin)', false],
    ['__proto__=x', false],
    ['!constructor', true],
  ])('%j: %s', (text, selected) => {
    if (text.startsWith('__proto__')) expect(() => parseLabelSelector(text)).toThrow(SelectorError);
    else expect(parseLabelSelector(text).matches(labels)).toBe(selected);
  });

  it.each([
    ['x=a||y=b', /Invalid value: "a\|\|y": a valid label must be an empty string or consist of/],
    ['app in web', "unable to parse requirement: found 'web' expected: '('"],
    ['app=a=b', "found '=', expected: ',' or 'end of string'"],
    ['app,', "found '', expected: identifier after ','"],
    ['=a', "found '=', expected: !, identifier, or 'end of string'"],
    ['app in (', "found '', expected: ',', ')' or identifier"],
    ['app in (a', "found '', expected: ',' or ')'"],
    ['app > x', /the value must be an integer/],
    ['a/b/c=d', /unable to parse requirement: <nil>: Invalid value: "a\/b\/c": a valid label key/],
    [`app=${'x'.repeat(64)}`, /must be no more than 63 characters/],
  ])('%j is refused', (text, message) => {
    expect(() => parseLabelSelector(text)).toThrow(message);
  });

  it('is written so that it reads the same again', () => {
    const word = fc.stringMatching(/^[a-z]([a-z0-9.-]{0,8}[a-z0-9])?$/);
    const requirement = fc.oneof(
      fc.tuple(word, word).map(([key, value]) => `${key}=${value}`),
      fc.tuple(word, word).map(([key, value]) => `${key}!=${value}`),
      fc.tuple(word, fc.array(word, { minLength: 1, maxLength: 3 })).map(([key, values]) => `${key} in (${values})`),
      fc.tuple(word, fc.array(word, { minLength: 1, maxLength: 3 })).map(([key, values]) => `${key} notin (${values})`),
      word,
      word.map((key) => `!${key}`),
    );
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 4 }), fc.dictionary(word, word), (requirements, found) => {
        const selector = parseLabelSelector(requirements.join(','));
        const again = parseLabelSelector(selector.toString());
        expect(again.toString()).toBe(selector.toString());
        expect(again.matches(found)).toBe(selector.matches(found));
      }),
    );
  });
});

describe('a LabelSelector object', () => {
  it('selects nothing when absent and everything when empty', () => {
    expect(labelSelector(undefined).matches({ a: 'b' })).toBe(false);
    expect(labelSelector({}).matches(undefined)).toBe(true);
    expect(labelSelector({}).isEverything).toBe(true);
    expect(LabelSelector.nothing.isEverything).toBe(false);
  });

  it('demands its labels and its expressions together', () => {
    const selector = labelSelector({
      matchLabels: { app: 'web' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['front', 'edge'] },
        { key: 'old', operator: 'DoesNotExist' },
      ],
    });
    expect(selector.matches({ app: 'web', tier: 'edge' })).toBe(true);
    expect(selector.matches({ app: 'web', tier: 'edge', old: '' })).toBe(false);
    expect(selector.matches({ app: 'web' })).toBe(false);
    expect(selector.toString()).toBe('app=web,!old,tier in (edge,front)');
  });

  it('is refused with an unknown operator or without values', () => {
    const of = (operator: string) => () => labelSelector({ matchExpressions: [{ key: 'a', operator }] });
    expect(of('Like')).toThrow('"Like" is not a valid label selector operator');
    expect(of('In')).toThrow("for 'in', 'notin' operators, values set can't be empty");
  });

  it('matches a label named like a property of every object only when it is there', () => {
    expect(labelsSelector({ constructor: 'x' }).matches({})).toBe(false);
    expect(labelsSelector({ constructor: 'x' }).matches({ constructor: 'x' })).toBe(true);
  });
});

describe('a field selector', () => {
  const fieldOf = (field: string): string => (field === 'spec.nodeName' ? 'n1' : field === 'note' ? 'a,b=c\\' : '');

  it('compares fields with == = and !=', () => {
    expect(parseFieldSelector('spec.nodeName=n1,status.phase!=Failed').matches(fieldOf)).toBe(true);
    expect(parseFieldSelector('spec.nodeName==n2').matches(fieldOf)).toBe(false);
    expect(parseFieldSelector('').isEverything).toBe(true);
    expect(parseFieldSelector('spec.nodeName=n1').exact('spec.nodeName')).toBe('n1');
    expect(parseFieldSelector('spec.nodeName!=n1').exact('spec.nodeName')).toBeUndefined();
  });

  it('escapes commas, equal signs and backslashes in values', () => {
    const selector = new FieldSelector([{ field: 'note', operator: '=', value: 'a,b=c\\' }]);
    expect(selector.toString()).toBe('note=a\\,b\\=c\\\\');
    expect(parseFieldSelector(selector.toString()).matches(fieldOf)).toBe(true);
  });

  it.each([
    ['a', "invalid selector: 'a'; can't understand 'a'"],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
    ['a=b\\c', 'invalid field selector: invalid escape sequence: \\c'],
    ['a=b\\', 'invalid field selector: invalid escape sequence: \\'],
  ])('%j is refused', (text, message) => {
    expect(() => parseFieldSelector(text)).toThrow(message);
  });
});

describe('an integer or percentage', () => {
  it('is rounded as asked', () => {
    expect(scaledIntOrPercent(3, 10, 'up')).toBe(3);
    expect(scaledIntOrPercent('25%', 10, 'up')).toBe(3);
    expect(scaledIntOrPercent('25%', 10, 'down')).toBe(2);
    expect(() => scaledIntOrPercent('25', 10, 'down')).toThrow('string is not a percentage');
    expect(() => scaledIntOrPercent('x%', 10, 'down')).toThrow('invalid value "x%"');
  });
});

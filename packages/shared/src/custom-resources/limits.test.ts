import { describe, expect, it } from 'vitest';
import { ruleErrors } from './rule-errors.ts';
import { RuleSet } from './rules.ts';
import { structuralOf } from './structural.ts';
import { structuralErrors } from './structural-errors.ts';
import { SchemaValidator } from './validator.ts';

const numbers = Array.from({ length: 300 }, (_, i) => i);
const costly = 'self.all(a, self.all(b, a + b >= 0))';

describe('rules that cost much', () => {
  const list = (rules: string[]) =>
    structuralOf({
      type: 'object',
      properties: {
        list: {
          type: 'array',
          items: { type: 'integer' },
          'x-kubernetes-validations': rules.map((rule) => ({ rule })),
        },
      },
    });

  it('let others have their turn, and end with the budget', async () => {
    const errors = new RuleSet(list(Array.from({ length: 40 }, () => costly))).validate({ list: numbers }, undefined);
    expect(errors).toBeInstanceOf(Promise);
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    const found = await errors;
    done = true;
    expect(turns).toBeGreaterThan(5);
    expect(found.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/running out of cost budget|call cost exceeds limit/),
    ]);
  });

  it('are ended one by one', async () => {
    const many = Array.from({ length: 3000 }, (_, i) => i);
    const [error] = await new RuleSet(list([costly])).validate({ list: many }, undefined);
    expect(error?.detail).toContain('no further validation rules will be run due to call cost exceeds limit');
  });

  it('are refused where sizes have no bound, and taken where they have', () => {
    const schema = (bounds: object) => ({
      type: 'object',
      properties: {
        list: { type: 'array', ...bounds, items: { type: 'integer' }, 'x-kubernetes-validations': [{ rule: costly }] },
      },
    });
    expect(ruleErrors(schema({}), 's').map(({ type }) => type)).toContain('FieldValueForbidden');
    expect(ruleErrors(schema({ maxItems: 100 }), 's')).toEqual([]);
  });

  it('are taken as real definitions have them: keys of maps, durations in text, formats', () => {
    const text = (rule: string) => ({ type: 'string', 'x-kubernetes-validations': [{ rule }] });
    const labels = { type: 'object', maxProperties: 8, additionalProperties: { type: 'string', maxLength: 4096 } };
    const keys = "self.all(key, key.split('/')[0].size() < 253)";
    const schema = {
      type: 'object',
      properties: {
        labels: { ...labels, 'x-kubernetes-validations': [{ rule: keys }] },
        timeout: text("duration(self) > duration('0s')"),
        name: text('size(self) == 0 || format.dns1123Label().validate(self) == null'),
      },
    };
    expect(ruleErrors(schema, 's')).toEqual([]);
  });

  it('count as often as a request has room for what they are about, in lists without bounds too', () => {
    const nested = (rule: string) => {
      const items = { type: 'object', properties: { a: { type: 'string' } }, 'x-kubernetes-validations': [{ rule }] };
      const inner = { type: 'object', properties: { list: { type: 'array', items } } };
      return { type: 'object', properties: { list: { type: 'array', items: inner } } };
    };
    expect(ruleErrors(nested('has(self.a) || has(self.a)'), 's')).toEqual([]);
    expect(ruleErrors(nested("self.a.contains('b')"), 's')).not.toEqual([]);
  });

  it('are too many at some point', () => {
    const rules = Array.from({ length: 2001 }, () => ({ rule: 'true' }));
    const [error] = ruleErrors({ type: 'object', 'x-kubernetes-validations': rules }, 's');
    expect(error?.detail).toBe('Too many: 2001: must have at most 2000 items');
  });
});

it('matches hostile patterns in linear time', () => {
  const validator = new SchemaValidator(structuralOf({ type: 'string', pattern: '^(a+)+$' }));
  expect(validator.errorsAt(`${'a'.repeat(100_000)}b`, 'x')).toHaveLength(1);
});

it('walks deep and giant schemas', () => {
  const deep = (level: number): Record<string, unknown> =>
    level === 0
      ? { type: 'string' }
      : { type: 'object', properties: { a: deep(level - 1) }, 'x-kubernetes-validations': [{ rule: 'has(self.a)' }] };
  expect([...structuralErrors(deep(60), 's'), ...ruleErrors(deep(60), 's')]).toEqual([]);
  const wide = {
    type: 'object',
    properties: Object.fromEntries(
      numbers.flatMap((i) => numbers.slice(0, 60).map((j) => [`p${i}-${j}`, { type: 'string' }])),
    ),
  };
  expect(structuralErrors(wide, 's')).toEqual([]);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseYaml } from './parse.ts';
import { writeYaml } from './write.ts';

const readValue = (text: string): unknown => {
  const [document] = parseYaml(text);
  return document !== undefined && 'value' in document ? document.value : undefined;
};
const readError = (text: string): string | undefined => {
  const [document] = parseYaml(text);
  return document !== undefined && 'error' in document ? document.error : undefined;
};

describe('YAML', () => {
  it.each([
    ['0644', 420],
    ['"0644"', '0644'],
    ['0x1f', 31],
    ['yes', true],
    ['off', false],
    ['~', undefined],
    ['12:30:45', '12:30:45'],
    ['2001-01-01', '2001-01-01'],
    ['2001-01-01T00:00:00Z', '2001-01-01T00:00:00Z'],
    ['1e3', 1000],
    ['1.5e3', 1500],
    ['.5', 0.5],
    ['.', '.'],
    ['e5', 'e5'],
    ['1_000', 1000],
    ['100m', '100m'],
    ['{"a": 1}', { a: 1 }],
  ])('%s is %j', (text, value) => {
    expect(readValue(text)).toEqual(value);
  });

  it('is read as what was written, by readers of YAML 1.1 too', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.stringify(parseYaml(writeYaml([value])))).toBe(JSON.stringify([{ value: [value] }]));
      }),
    );
    for (const text of ['yes', '0644', '1e3', 'null', '']) {
      expect(parse(writeYaml({ text }), { version: '1.1', schema: 'yaml-1.1' })).toEqual({ text });
    }
  });

  it('has anchors, aliases and merge keys', () => {
    expect(readValue('a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2')).toEqual({
      a: { b: 1 },
      c: { b: 1 },
      d: { b: 1, e: 2 },
    });
  });

  it('has many documents, each with its own error', () => {
    const documents = parseYaml('a: 1\n---\n# nothing\n---\nb: [1\n---\nc: 3');
    expect(documents).toEqual([{ value: { a: 1 } }, { error: expect.any(String) }, { value: { c: 3 } }]);
  });

  it('refuses keys that stand twice, aliases that multiply, and nesting without end', () => {
    expect(readError('a: 1\na: 2')).toBe('line 2: key "a" already set in map');
    expect(readError('\nb:\n  - c: 1\n    d: 2\n    c: 3')).toBe('line 5: key "c" already set in map');
    const names = [...'abcdefgh'];
    const bomb = names.map((name, i) => `${name}: &${name} [${Array(10).fill(i === 0 ? 'x' : `*${names[i - 1]}`)}]`);
    expect(readError(bomb.join('\n'))).toContain('alias');
    expect(readError('['.repeat(100_000))).toBeDefined();
  });

  it('keeps __proto__ data', () => {
    expect(JSON.stringify(readValue('__proto__: {polluted: 1}'))).toBe('{"__proto__":{"polluted":1}}');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('never throws', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ':', ' ', '\n', '-', '&', '*', '[', '{', '"', '%', '!', '<', '|'),
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), text), (input) => {
        expect(parseYaml(input)).toBeInstanceOf(Array);
      }),
    );
  });
});

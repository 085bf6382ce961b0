import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnvFileError, valueInEnvFile } from './env-file.ts';

describe('a file of variables', () => {
  it.each([
    ["A='1'", '1'],
    ["A='1'\n", '1'],
    ["\n  \t\n# A='no'\n  A = '1'  \n", '1'],
    ["A='1' # said", '1'],
    ["B='x\nA=y'\nA='1'", '1'],
    ["A='a # b'", 'a # b'],
    ["A='two\n  lines'\nB='x'", 'two\n  lines'],
    ["A='$B \\n \"'", '$B \\n "'],
    ["A=''", ''],
    ["A='1'\nA='2'", '1'],
    ["AA='2'\r\nA='1'\r\n", '1'],
    ["A='1'\nand then nonsense", '1'],
  ])('%j says of A %j', (text, value) => {
    expect(valueInEnvFile(text, 'A')).toBe(value);
  });

  it.each(['', '\n', "B='1'", "# A='1'"])('%j says nothing of A', (text) => {
    expect(valueInEnvFile(text, 'A')).toBeUndefined();
  });

  it.each([
    ['A=1', 1],
    ['A="1"', 1],
    ["B='1'\nA='1''2'", 2],
    ["A='a'$B", 1],
    ["A='1'#x", 1],
    ['A=$B', 1],
    ["A='1", 1],
    ['A', 1],
    ["='1'", 1],
    ["A=\n'1'", 1],
    ["B='x\ny'\n\nnonsense", 4],
  ])('%j is refused: line %i', (text, line) => {
    expect(() => valueInEnvFile(text, 'A')).toThrow(
      new EnvFileError(`invalid environment variable format at line ${line}`),
    );
  });

  it('gives back whatever was written between quotes', () => {
    const key = fc.stringMatching(/^[A-Z]{1,8}$/);
    const value = fc.string().map((text) => text.replaceAll("'", ''));
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, minLength: 1 }), (variables) => {
        const text = variables.map(([name, of]) => `${name}='${of}'\n`).join('');
        expect(variables.map(([name]) => valueInEnvFile(text, name))).toEqual(variables.map(([, of]) => of));
      }),
    );
  });
});

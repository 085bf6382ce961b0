import fc from 'fast-check';
import { expect, it } from 'vitest';
import { syntaxErrorOf } from './json-syntax.ts';

it.each([
  ['', 'unexpected end of JSON input'],
  ['{"a":', 'unexpected end of JSON input'],
  ['"open', 'unexpected end of JSON input'],
  ['nope', "invalid character 'o' in literal null (expecting 'u')"],
  ['nul', "invalid character ' ' in literal null (expecting 'l')"],
  ['falsch', "invalid character 'c' in literal false (expecting 'e')"],
  ['a: b', "invalid character 'a' looking for beginning of value"],
  ['{a: b}', "invalid character 'a' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
  ['[1 2]', "invalid character '2' after array element"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['{"a":[{}]]', "invalid character ']' after object key:value pair"],
  ['{}x', "invalid character 'x' after top-level value"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['-a', "invalid character 'a' in numeric literal"],
  ['01', "invalid character '1' after top-level value"],
  ['1.x', "invalid character 'x' after decimal point in numeric literal"],
  ['1.5e+', "invalid character ' ' in exponent of numeric literal"],
  ["'", "invalid character '\\'' looking for beginning of value"],
  ['\0', "invalid character '\\x00' looking for beginning of value"],
  ['\\', "invalid character '\\\\' looking for beginning of value"],
  ['é', "invalid character 'Ã' looking for beginning of value"],
])('%j: %s', (text, message) => {
  expect(syntaxErrorOf(text)).toBe(message);
});

it('finds a character that is wrong where V8 finds one', () => {
  const part = fc.constantFrom(...'{}[]:,"\\ \n-+.eE01a', 'null', 'true', '"a"', '\\u00e9', 'é');
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
      (text) => {
        const found = syntaxErrorOf(text);
        try {
          JSON.parse(text);
          expect(found).toBe('unexpected end of JSON input');
        } catch {
          // What is cut off at its end can be gone on with; anything else is wrong whatever follows.
          const isCut = found === 'unexpected end of JSON input' || found.startsWith("invalid character ' '");
          if (!isCut) expect(() => JSON.parse(`${text}"`)).toThrow();
        }
      },
    ),
    { numRuns: 1000 },
  );
});

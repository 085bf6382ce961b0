import { expect, it } from 'vitest';
import { formatFieldsV1, KnownFieldsV1, parseFieldsV1 } from './fields-v1.ts';

const fields = (name: string) => ({ 'f:data': { '.': {}, [`f:${name}`]: {} } });

it('what was read or written lately is not read again, and what nobody asks for makes room', () => {
  const known = new KnownFieldsV1(4);
  const a = fields('a');
  const read = known.read(a);
  expect(read).toEqual(parseFieldsV1(a));
  const tree = parseFieldsV1(fields('b'));
  const written = known.write(tree);
  expect(written).toEqual(formatFieldsV1(tree));
  for (const name of ['c', 'd', 'e', 'f', 'g']) {
    expect(known.read(written)).toBe(tree);
    known.read(fields(name));
  }
  expect(known.read(a)).toEqual(read);
  expect(known.read(a)).not.toBe(read);
});

it('objects that are alike share what says who owns their fields', () => {
  const known = new KnownFieldsV1();
  const written = known.write(parseFieldsV1(fields('a')));
  expect(known.write(parseFieldsV1(fields('a')))).toBe(written);
  expect(known.read(fields('a'))).toBe(known.read(written));
  expect(known.write(parseFieldsV1(fields('b')))).toEqual(fields('b'));
});

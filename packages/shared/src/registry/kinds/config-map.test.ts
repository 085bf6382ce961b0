import { expect, it } from 'vitest';
import { refusals } from '../testing/check.ts';

it('a key of a ConfigMap is in data or in binaryData', () => {
  expect(refusals('ConfigMap', { data: { a: 'x' }, binaryData: { b: 'eA==' } })).toEqual([]);
  expect(refusals('ConfigMap', { data: { a: 'x' }, binaryData: { a: 'eA==' } })).toEqual([
    'data[a]: Invalid value: "a": duplicate of key present in binaryData',
  ]);
});

it('a ConfigMap holds at most a mebibyte, text and bytes together', () => {
  const half = 512 * 1024;
  const bytes = (length: number) => Buffer.alloc(length).toString('base64');
  expect(refusals('ConfigMap', { data: { a: 'x'.repeat(half) }, binaryData: { b: bytes(half) } })).toEqual([]);
  expect(refusals('ConfigMap', { data: { a: 'x'.repeat(half) }, binaryData: { b: bytes(half + 1) } })).toEqual([
    expect.stringContaining('1048576'),
  ]);
});

import { expect, it } from 'vitest';
import { cloneJson, getKey, jsonEqual, setKey } from './data.ts';

const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

it.each(names)('%s is a key like any other', (name) => {
  expect(getKey({}, name)).toBeUndefined();
  const object = {};
  setKey(object, name, { a: 1 });
  expect(getKey(object, name)).toEqual({ a: 1 });
  expect(Object.keys(object)).toEqual([name]);
  expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
});

it.each(names)('objects with and without the key %s are not equal, and copies keep it', (name) => {
  const object = JSON.parse(`{"${name}":{"a":1}}`);
  expect(jsonEqual(object, {})).toBe(false);
  expect(jsonEqual(JSON.parse(`{"${name}":{}}`), { other: {} })).toBe(false);
  const copy = cloneJson(object);
  expect(JSON.stringify(copy)).toBe(JSON.stringify(object));
  expect(jsonEqual(copy, object)).toBe(true);
});

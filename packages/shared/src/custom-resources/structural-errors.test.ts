import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../schema/data.ts';
import { structuralErrors } from './structural-errors.ts';

const errors = (schema: JsonObject) => structuralErrors(schema, 's').map(({ field, detail }) => `${field}: ${detail}`);
const withField = (schema: JsonObject): JsonObject => ({ type: 'object', properties: { a: schema } });

describe('a structural schema', () => {
  it('may use every extension where it belongs', () => {
    expect(
      errors({
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: {
          port: { 'x-kubernetes-int-or-string': true },
          raw: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
          whole: { type: 'object', 'x-kubernetes-map-type': 'atomic' },
          names: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        },
      }),
    ).toEqual([]);
  });

  const a = 's.properties[a]';
  it.each<[string, JsonObject, string[]]>([
    ['no type at the root', {}, ['s.type: Required value: must not be empty at the root']],
    [
      'another root than an object',
      { type: 'string' },
      ['s.type: Invalid value: "string": must be object at the root'],
    ],
    [
      'a field without a type',
      withField({}),
      [`${a}.type: Required value: must not be empty for specified object fields`],
    ],
    [
      'unknown fields that are kept by `false`',
      withField({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }),
      [`${a}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`],
    ],
    [
      'a type beside int-or-string',
      withField({ type: 'string', 'x-kubernetes-int-or-string': true }),
      [`${a}.type: Invalid value: "string": must be empty if x-kubernetes-int-or-string is true`],
    ],
    [
      'an embedded resource of which nothing is said',
      withField({ type: 'object', 'x-kubernetes-embedded-resource': true }),
      [
        `${a}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields`,
      ],
    ],
    [
      'a map type of another than an object',
      withField({ type: 'string', 'x-kubernetes-map-type': 'atomic' }),
      [`${a}.type: Invalid value: "string": must be object if x-kubernetes-map-type is specified`],
    ],
    [
      'an unknown map type',
      withField({ type: 'object', 'x-kubernetes-map-type': 'x' }),
      [`${a}.x-kubernetes-map-type: Unsupported value: "x": supported values: "atomic", "granular"`],
    ],
    [
      'a list type of another than a list, nor an unknown one',
      withField({ type: 'string', 'x-kubernetes-list-type': 'bag' }),
      [
        `${a}.type: Invalid value: "string": must be array if x-kubernetes-list-type is specified`,
        `${a}.x-kubernetes-list-type: Unsupported value: "bag": supported values: "atomic", "map", "set"`,
      ],
    ],
    [
      'keys of a list that is no map',
      withField({ type: 'array', items: { type: 'object' }, 'x-kubernetes-list-map-keys': ['name'] }),
      [`${a}.x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty`],
    ],
    [
      'a map of items without keys, or that are no objects',
      withField({ type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'map' }),
      [
        `${a}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`,
        `${a}.items.type: Invalid value: "string": must be object if parent array's x-kubernetes-list-type is map`,
      ],
    ],
    [
      'a set of objects that are not atomic',
      withField({ type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'set' }),
      [
        `${a}.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set`,
      ],
    ],
  ])('has not %s', (_, schema, expected) => {
    expect(errors(schema)).toEqual(expected);
  });
});

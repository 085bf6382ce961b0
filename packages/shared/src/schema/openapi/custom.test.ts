import { describe, expect, it } from 'vitest';
import { customDefinition } from './custom.ts';

const common = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { $ref: '#/ObjectMeta' } };
const kinds = [{ group: 'example.com', version: 'v1', kind: 'Foo' }];
const gvk = { 'x-kubernetes-group-version-kind': kinds };
const anything = { 'x-kubernetes-preserve-unknown-fields': true };
const text = { type: 'string' };
const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more });

const published = (dialect: 'v2' | 'v3', properties: object, more: object = {}) =>
  customDefinition(object(properties, more), common, kinds, dialect);

describe('the definition of a custom resource', () => {
  it.each(['v2', 'v3'] as const)('is in %s what its author wrote, and what every object has', (dialect) => {
    const spec = object({ bars: { type: 'array', items: object({ name: text }, { required: ['name'] }) } });
    const more = { description: 'Foo', required: ['spec'] };
    expect(published(dialect, { spec }, more)).toEqual({ ...object({ spec, ...common }, more), ...gvk });
  });

  it('names no field in v2 where it keeps unknown ones, so that clients refuse none', () => {
    expect(published('v2', { spec: text }, anything)).toEqual({ type: 'object', ...gvk });
    expect(published('v2', { spec: object({ a: text }, anything) })).toMatchObject({ properties: { spec: anything } });
    const { spec } = published('v2', { spec: object({ a: text }, anything) })['properties'] as { spec: object };
    expect(spec).toEqual(anything);
    expect(published('v3', { spec: text }, anything)).toEqual({
      ...object({ spec: text, ...common }, anything),
      ...gvk,
    });
  });

  it('says nothing in v2 for which that has no words', () => {
    const spec = object(
      {
        list: { type: 'array', nullable: true, items: text },
        number: { anyOf: [{ type: 'integer' }, text], 'x-kubernetes-int-or-string': true },
        size: { type: 'integer', default: 1, not: { enum: [2] } },
      },
      { required: ['list', 'size'], allOf: [{ required: ['number'] }] },
    );
    expect(published('v2', { spec })).toEqual({
      ...object({
        spec: object(
          { list: {}, number: { 'x-kubernetes-int-or-string': true }, size: { type: 'integer' } },
          { required: ['size'] },
        ),
        ...common,
      }),
      ...gvk,
    });
    expect(published('v3', { spec })['properties']).toMatchObject({ spec });
  });

  it('gives what every object has to those that are embedded', () => {
    const embedded = { 'x-kubernetes-embedded-resource': true };
    const template = object({ spec: text }, { ...embedded, required: ['spec'] });
    const whole = { ...object({ spec: text, ...common }, embedded), required: ['spec', 'kind', 'apiVersion'] };
    for (const dialect of ['v2', 'v3'] as const) {
      expect(published(dialect, { templates: { type: 'array', items: template } })['properties']).toEqual({
        ...common,
        templates: { type: 'array', items: whole },
      });
    }
    const loose = { type: 'object', ...embedded, ...anything };
    expect(published('v2', { loose })['properties']).toEqual({ ...common, loose: { ...embedded, ...anything } });
  });

  it('takes fields of any name for fields', () => {
    const properties = { nullable: { type: 'boolean' }, default: text, required: text, items: text };
    expect(published('v2', { spec: object(properties) })['properties']).toMatchObject({ spec: object(properties) });
  });
});

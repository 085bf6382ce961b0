import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { builtinKinds } from '../registry/index.ts';
import type { JsonObject } from './data.ts';
import { decodeObject } from './decode/decode-object.ts';
import { decodeProtobuf, encodeProtobuf, encodeProtobufWatchEvent, hasProtobuf } from './protobuf/envelope.ts';
import { builtinSchema } from './schema-set.ts';
import { filledObject } from './testing/sample.ts';

const served = builtinKinds.flatMap(({ kind, versions, subresources = [] }) => [
  ...versions.map(({ group, version, schema }) => ({ group, version, schema: String(schema), kind })),
  ...subresources.map(({ responds, schema }) => ({ ...responds, schema: String(schema) })),
]);
const unique = [...new Map(served.map((one) => [`${one.group}/${one.version} ${one.kind}`, one])).entries()];

const sampleOf = ({ group, version, kind, schema }: (typeof served)[number]): JsonObject =>
  filledObject(builtinSchema.struct(schema), group === '' ? version : `${group}/${version}`, kind);

const decode = (schema: string, body: unknown) => decodeObject(schema, body, { fieldValidation: 'Strict' });

describe('every field of %s', () => {
  it.each(unique)('%s survives JSON and YAML', (_, one) => {
    const sample = sampleOf(one);
    const { object, warnings } = decode(one.schema, JSON.parse(JSON.stringify(sample)));
    expect(object).toEqual(sample);
    expect(warnings).toEqual([]);
    expect(decode(one.schema, parse(stringify(sample))).object).toEqual(sample);
  });

  it.each(unique.filter(([, one]) => hasProtobuf(sampleOf(one))))('%s survives protobuf', (_, one) => {
    const sample = sampleOf(one);
    expect(decode(one.schema, decodeProtobuf(encodeProtobuf(sample))).object).toEqual(sample);
  });

  it.each(
    unique.filter(([, one]) => hasProtobuf({ ...sampleOf(one), kind: `${one.kind}List` })),
  )('%s survives protobuf in a list', (_, one) => {
    const { apiVersion, kind, ...item } = sampleOf(one);
    const list = { apiVersion, kind: `${kind}List`, metadata: { resourceVersion: '7', continue: 'c' }, items: [item] };
    expect(decodeProtobuf(encodeProtobuf(list as JsonObject))).toEqual(list);
  });
});

it('all kinds of Kubernetes have a protobuf form, those of metrics and definitions aside', () => {
  const without = unique.filter(([, one]) => !hasProtobuf(sampleOf(one))).map(([name]) => name);
  expect(without.filter((name) => !/^(metrics|apiextensions)/.test(name))).toEqual([]);
});

it('a frame of a watch holds its type, and the object with its kind', () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data: { a: 'b' } };
  const frame = encodeProtobufWatchEvent('ADDED', object as JsonObject);
  expect(frame.readUInt32BE(0)).toBe(frame.length - 4);
  // type: field 1; object: field 2, a message whose field 1 holds the bytes.
  expect(frame.subarray(4, 11).toString('latin1')).toBe('\n\x05ADDED');
  const inner = frame.subarray(frame.indexOf('k8s\0'));
  expect(decodeProtobuf(inner)).toEqual(object);
});

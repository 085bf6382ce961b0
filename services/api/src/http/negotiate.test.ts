import { expect, it } from 'vitest';
import { negotiate, objectTransforms } from './negotiate.ts';

const noTransforms = () => false;

const table =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

it('answers JSON when nothing or anything is asked', () => {
  for (const accept of [undefined, '', '*/*', 'application/*', 'application/json, */*;q=0.8']) {
    expect(negotiate(accept, noTransforms)).toEqual({ format: 'json', pretty: false });
  }
});

it('answers in protobuf to those who would rather have it, where a kind has that form', () => {
  const typed = 'application/vnd.kubernetes.protobuf,application/json';
  expect(negotiate(typed, noTransforms).format).toBe('json');
  expect(negotiate(typed, noTransforms, true).format).toBe('protobuf');
  expect(negotiate('application/json,application/vnd.kubernetes.protobuf', noTransforms, true).format).toBe('json');
  expect(negotiate('*/*', noTransforms, true).format).toBe('json');
  const metadata = 'application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
  expect(negotiate(metadata, objectTransforms, true)).toMatchObject({ format: 'protobuf', as: { version: 'v1' } });
  expect(
    negotiate(`application/vnd.kubernetes.protobuf;as=Table;g=meta.k8s.io;v=v1,${table}`, objectTransforms, true),
  ).toMatchObject({ format: 'json', as: { kind: 'Table' } });
});

it('gives the first form that is known here', () => {
  expect(negotiate(table, objectTransforms).as).toEqual({ kind: 'Table', group: 'meta.k8s.io', version: 'v1' });
  expect(negotiate(table, noTransforms).as).toBeUndefined();
});

it('goes by quality before order', () => {
  expect(negotiate('application/json;q=0.2, application/yaml;q=0.9', noTransforms).format).toBe('yaml');
});

it.each([
  'application/vnd.kubernetes.protobuf',
  'text/html',
  'application/json;q=0',
  'application/json;as=Nonsense;g=x;v=v1',
])('refuses %s', (accept) => {
  expect(() => negotiate(accept, objectTransforms)).toThrow(expect.objectContaining({ reason: 'NotAcceptable' }));
});

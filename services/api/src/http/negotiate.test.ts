import { expect, it } from 'vitest';
import { negotiate, noTransforms, objectTransforms } from './negotiate.ts';

const table =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';

it('answers JSON when nothing or anything is asked', () => {
  for (const accept of [undefined, '', '*/*', 'application/*', 'application/json, */*;q=0.8']) {
    expect(negotiate(accept, noTransforms)).toEqual({ format: 'json', pretty: false });
  }
});

it('answers JSON to clients that would rather have protobuf', () => {
  expect(negotiate('application/vnd.kubernetes.protobuf,application/json', noTransforms).format).toBe('json');
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

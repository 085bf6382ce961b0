import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatChange, parseChange } from '../changelog/message.ts';
import { splitAtRevision } from '../store/encode.ts';
import type { KubeObject } from './index.ts';
import { SharedSpecs } from './shared-specs.ts';

const key = { group: '', resource: 'pods', namespace: 'default', name: 'a' };

/** As the store writes it and the relay publishes it. */
function message(object: object): Uint8Array {
  const { head, tail } = splitAtRevision(object as KubeObject);
  const change = { type: 'updated' as const, revision: 7, previousRevision: 5, commit: 'c-1' };
  return formatChange(change, Buffer.from(`${head}7${tail}`));
}

const read = (object: object, trim: boolean) =>
  parseChange(key, message(object), trim ? { specs: new SharedSpecs() } : {})?.object;

const entry = (operation: string, fields: unknown = {}) => ({
  manager: 'kubelet',
  operation,
  apiVersion: 'v1',
  fieldsType: 'FieldsV1',
  fieldsV1: fields,
});

const pod = (metadata: object, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', resourceVersion: '7', ...metadata },
  ...more,
});

it('managedFields of updates are left out, and nothing else', () => {
  const fields = { 'f:metadata': { 'k:{"name":"]}\\","}': { '.': {} } } };
  const managedFields = [entry('Update', fields), entry('Update')];
  const rest = pod({ labels: { a: 'b' } }, { spec: { containers: [{ name: 'ü' }] } });
  expect(read({ ...rest, metadata: { ...rest.metadata, managedFields } }, true)).toEqual(rest);
});

it('those of an object that somebody has applied stay', () => {
  const object = pod({ managedFields: [entry('Update'), entry('Apply')] });
  expect(read(object, true)).toEqual(object);
});

it('what bears the name elsewhere stays', () => {
  const list = [{ manager: 'x' }];
  for (const object of [
    pod({}, { spec: { first: 1, managedFields: list } }),
    pod({ labels: {} }, { spec: { template: { metadata: { name: 'x', managedFields: list } } } }),
    pod({ annotations: { a: 'b', managedFields: ',"managedFields":[' } }),
    pod({ ownerReferences: [{ uid: 'u', managedFields: list }] }),
    { ...pod({}), extra: true, managedFields: list },
  ])
    expect(read(object, true)).toEqual(object);
});

it('whatever an object holds, it is read as it would be without trimming, but for the field', () => {
  const names = fc.constantFrom('managedFields', 'a"b', '\\', 'ä', ']}', '},"spec":', '"managedFields":[');
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      names,
      fc.integer(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(names, tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  const fields = fc.option(fc.array(fc.record({ manager: names, fieldsV1: json }), { minLength: 1, maxLength: 2 }));
  fc.assert(
    fc.property(fc.dictionary(names, names, { maxKeys: 3 }), fields, json, (labels, managedFields, spec) => {
      const rest = pod({ labels }, { spec });
      const whole = managedFields === null ? rest : { ...rest, metadata: { ...rest.metadata, managedFields } };
      expect(read(whole, false)).toEqual(whole);
      expect(read(whole, true)).toEqual(rest);
    }),
  );
});

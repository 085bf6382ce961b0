import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatusError } from '../../errors/index.ts';
import { jsonPatch } from './json-patch.ts';
import { PatchError } from './json-pointer.ts';

const document = {
  metadata: { labels: { a: '1', 'x/y': '2', 'm~n': '3' } },
  list: [1, 2, 3],
  nested: { deep: [{ k: 'v' }] },
};
const apply = (...operations: object[]): unknown => jsonPatch(document, operations);

describe('a JSON patch', () => {
  it.each([
    ['adds a member', { op: 'add', path: '/metadata/labels/b', value: null }, { metadata: { labels: { b: null } } }],
    ['replaces by adding', { op: 'add', path: '/metadata/labels/a', value: 'z' }, { metadata: { labels: { a: 'z' } } }],
    [
      'reads ~1 as a slash',
      { op: 'replace', path: '/metadata/labels/x~1y', value: 'z' },
      { metadata: { labels: { 'x/y': 'z' } } },
    ],
    [
      'reads ~0 as a tilde',
      { op: 'replace', path: '/metadata/labels/m~0n', value: 'z' },
      { metadata: { labels: { 'm~n': 'z' } } },
    ],
    ['inserts into a list', { op: 'add', path: '/list/1', value: 9 }, { list: [1, 9, 2, 3] }],
    ['adds to the end of a list', { op: 'add', path: '/list/-', value: 9 }, { list: [1, 2, 3, 9] }],
    ['adds at the index after the last', { op: 'add', path: '/list/3', value: 9 }, { list: [1, 2, 3, 9] }],
    ['removes from a list', { op: 'remove', path: '/list/0' }, { list: [2, 3] }],
    ['replaces in a list', { op: 'replace', path: '/list/2', value: 9 }, { list: [1, 2, 9] }],
    ['moves', { op: 'move', from: '/list/0', path: '/list/2' }, { list: [2, 3, 1] }],
    ['copies', { op: 'copy', from: '/nested/deep/0/k', path: '/nested/j' }, { nested: { j: 'v', deep: [{ k: 'v' }] } }],
    [
      'changes deep values',
      { op: 'add', path: '/nested/deep/0/n', value: 1 },
      { nested: { deep: [{ k: 'v', n: 1 }] } },
    ],
  ])('%s', (_, operation, expected) => {
    const before = structuredClone(document);
    expect(apply(operation)).toMatchObject(expected);
    expect(document).toEqual(before);
  });

  it('reads ~01 as a tilde and a one', () => {
    expect(jsonPatch({ '~1': 'a' }, [{ op: 'remove', path: '/~01' }])).toEqual({});
  });

  it('does not move a value into what takes its place', () => {
    const move = { op: 'move', from: '/list/0', path: '/list/0/moved' };
    expect(() => jsonPatch({ list: [{}, {}] }, [move])).toThrow('a value cannot be moved into itself');
  });

  it('replaces the whole document', () => {
    expect(apply({ op: 'replace', path: '', value: { a: 1 } })).toEqual({ a: 1 });
  });

  it('goes on only when a test holds', () => {
    expect(
      apply({ op: 'test', path: '/nested/deep', value: [{ k: 'v' }] }, { op: 'remove', path: '/list' }),
    ).not.toHaveProperty('list');
    expect(() => apply({ op: 'test', path: '/list', value: [1, 2] })).toThrow('testing path /list failed');
  });

  it.each([
    [{ op: 'remove', path: '/metadata/labels/missing' }],
    [{ op: 'replace', path: '/metadata/labels/missing', value: 1 }],
    [{ op: 'add', path: '/missing/child', value: 1 }],
    [{ op: 'add', path: '/list/4', value: 1 }],
    [{ op: 'add', path: '/list/01', value: 1 }],
    [{ op: 'add', path: '/list/-1', value: 1 }],
    [{ op: 'remove', path: '/list/-' }],
    [{ op: 'add', path: 'list', value: 1 }],
    [{ op: 'add', path: '/list/0/x', value: 1 }],
    [{ op: 'remove', path: '' }],
    [{ op: 'move', from: '/nested', path: '/nested/deep/0' }],
    [{ op: 'copy', from: '/toString', path: '/x' }],
    [{ op: 'test', path: '/constructor/name', value: 'Object' }],
    [{ op: 'merge', path: '/list' }],
  ])('%j does not fit', (operation) => {
    expect(() => apply(operation)).toThrow(PatchError);
  });

  it.each([
    [{ op: 'add', path: '/x' }],
    [{ path: '/x', value: 1 }],
    [{ op: 'add', path: 7, value: 1 }],
    [{ op: 'move', path: '/x' }],
  ])('%j is no operation', (operation) => {
    expect(() => apply(operation)).toThrow(StatusError);
  });

  it('keeps __proto__ data', () => {
    const patched = apply({ op: 'add', path: '/__proto__', value: { polluted: true } }) as object;
    expect(Object.hasOwn(patched, '__proto__')).toBe(true);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(apply({ op: 'add', path: '/metadata/labels/constructor', value: 'x' })).toMatchObject({
      metadata: { labels: { constructor: 'x' } },
    });
  });

  it('changes a copy and not what it was copied from', () => {
    expect(
      apply(
        { op: 'add', path: '/nested/deep/0/n', value: {} },
        { op: 'copy', from: '/nested/deep', path: '/twin' },
        { op: 'add', path: '/twin/0/n/x', value: 1 },
        { op: 'move', from: '/twin', path: '/moved' },
        { op: 'add', path: '/moved/0/n/y', value: 2 },
      ),
    ).toMatchObject({ nested: { deep: [{ k: 'v', n: {} }] }, moved: [{ k: 'v', n: { x: 1, y: 2 } }] });
  });

  it('leaves the values that it adds alone', () => {
    const patch = [
      { op: 'add', path: '/added', value: { a: [] } },
      { op: 'add', path: '/added/a/-', value: 1 },
      { op: 'add', path: '/again', value: { a: [] } },
    ];
    const before = structuredClone(patch);
    expect(jsonPatch(document, patch)).toMatchObject({ added: { a: [1] }, again: { a: [] } });
    expect(patch).toEqual(before);
  });

  it('is limited in operations and in what it copies', () => {
    const tests = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/list/0', value: 1 }));
    expect(() => jsonPatch(document, tests)).toThrow(
      'The allowed maximum operations in a JSON patch is 10000, got 10001',
    );
    const doubling = Array.from({ length: 60 }, (_, i) => ({ op: 'copy', from: '', path: `/c${i}` }));
    expect(() => jsonPatch(document, doubling)).toThrow('too large together');
    expect(() => jsonPatch(document, {})).toThrow(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  });

  it('undoes an addition by a removal', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (key, value) => {
        const path = `/nested/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        fc.pre(key !== 'deep');
        expect(apply({ op: 'add', path, value }, { op: 'test', path, value }, { op: 'remove', path })).toEqual(
          document,
        );
      }),
    );
  });
});

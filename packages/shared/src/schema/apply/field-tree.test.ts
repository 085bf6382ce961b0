import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinSchema } from '../schema-set.ts';
import { compare } from './compare.ts';
import { fieldSetOf } from './field-set.ts';
import {
  difference,
  type FieldTree,
  forEachPath,
  intersection,
  isSubset,
  recursiveDifference,
  TreeBuilder,
  union,
  withNamedFields,
} from './field-tree.ts';
import { formatFieldsV1, parseFieldsV1 } from './fields-v1.ts';
import { formatPath } from './path-element.ts';

const treeOf = (...paths: string[]): FieldTree => {
  const builder = new TreeBuilder();
  for (const path of paths) builder.insert(path.split('/').map((name) => `f:${name}`));
  return builder.tree;
};
const pathsOf = (tree: FieldTree): string[] => {
  const paths: string[] = [];
  forEachPath(tree, (path) => paths.push(path.map((element) => element.slice(2)).join('/')));
  return paths.sort();
};

const path = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const paths = fc.uniqueArray(path, { maxLength: 8 });

describe('trees of fields are sets of paths', () => {
  it('in union, intersection and difference', () => {
    fc.assert(
      fc.property(paths, paths, (a, b) => {
        const [x, y] = [treeOf(...a), treeOf(...b)];
        expect(pathsOf(union(x, y))).toEqual([...new Set([...a, ...b])].sort());
        expect(pathsOf(intersection(x, y))).toEqual(a.filter((one) => b.includes(one)).sort());
        expect(pathsOf(difference(x, y))).toEqual(a.filter((one) => !b.includes(one)).sort());
        expect(isSubset(x, y)).toBe(a.every((one) => b.includes(one)));
      }),
    );
  });

  it('in recursive difference, which takes children along', () => {
    fc.assert(
      fc.property(paths, paths, (a, b) => {
        const rest = a.filter((one) => !b.some((other) => one === other || one.startsWith(`${other}/`)));
        expect(pathsOf(recursiveDifference(treeOf(...a), treeOf(...b)))).toEqual(rest.sort());
      }),
    );
  });

  it('through fieldsV1 and back', () => {
    fc.assert(
      fc.property(paths, (a) => {
        const tree = treeOf(...a);
        expect(pathsOf(parseFieldsV1(JSON.parse(JSON.stringify(formatFieldsV1(tree)))))).toEqual([...a].sort());
      }),
    );
  });
});

describe('fieldsV1', () => {
  it('is read whatever the order of keys, and written in one', () => {
    const read = parseFieldsV1({
      'f:ports': { 'k:{ "protocol":"TCP","port":80}': { 'f:name': {}, '.': {} } },
      'x:unknown': {},
    });
    expect(formatFieldsV1(read)).toEqual({
      'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {} } },
    });
  });

  it('shows paths as conflicts do', () => {
    expect(formatPath(['f:spec', 'f:containers', 'k:{"name":"web"}', 'f:image'])).toBe(
      '.spec.containers[name="web"].image',
    );
    expect(formatPath(['f:metadata', 'f:finalizers', 'v:"a/b"'])).toBe('.metadata.finalizers[="a/b"]');
  });
});

it('names fields of structs, not keys of maps', () => {
  const node = builtinSchema.struct('io.k8s.api.core.v1.Pod');
  const tree = treeOf('metadata/labels/app');
  expect(pathsOf(withNamedFields(tree, node))).toEqual(['metadata', 'metadata/labels', 'metadata/labels/app']);
});

describe('the fields of a value', () => {
  it('include the keys of a map along with what is below them', () => {
    const node = builtinSchema.struct('io.k8s.api.resource.v1.CounterSet');
    const fields = fieldSetOf(node, { name: 's', counters: { memory: { value: '1' } } });
    expect(formatFieldsV1(fields)).toEqual({
      'f:counters': { 'f:memory': { '.': {}, 'f:value': {} } },
      'f:name': {},
    });
  });

  it('are those of one element where several share their keys', () => {
    const node = builtinSchema.struct('io.k8s.api.core.v1.Container');
    const once = { env: [{ name: 'A', value: '1' }] };
    const twice = { env: [...once.env, { name: 'A', value: '2' }] };
    const shared = { 'f:env': { 'k:{"name":"A"}': {} } };
    expect(formatFieldsV1(fieldSetOf(node, twice))).toEqual(shared);
    const changesOf = (before: object, after: object) => {
      const { added, modified, removed } = compare(node, before, after);
      return [added, modified, removed].map(formatFieldsV1);
    };
    const whole = { 'f:env': { 'k:{"name":"A"}': { '.': {}, 'f:name': {}, 'f:value': {} } } };
    expect(changesOf(once, twice)).toEqual([shared, {}, whole]);
    expect(changesOf(twice, once)).toEqual([whole, {}, shared]);
    expect(changesOf(twice, { env: [...twice.env].reverse() })).toEqual([{}, shared, {}]);
    expect(changesOf(twice, structuredClone(twice))).toEqual([{}, {}, {}]);
  });
});

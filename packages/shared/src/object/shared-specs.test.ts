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

const read = (object: object, specs?: SharedSpecs) =>
  parseChange(key, message(object), specs === undefined ? {} : { specs })?.object as { spec?: unknown } | undefined;

const pod = (more: object) => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { resourceVersion: '7', name: 'a' },
  ...more,
});

it('objects whose specs have the same text share one', () => {
  const specs = new SharedSpecs();
  const spec = { containers: [{ name: 'ü' }], nodeName: 'a' };
  const first = read(pod({ spec, status: { phase: 'Pending' } }), specs);
  const next = read(pod({ spec, status: { phase: 'Running' } }), specs);
  expect(next).toEqual(pod({ spec, status: { phase: 'Running' } }));
  expect((next?.spec as typeof spec).containers).toBe((first?.spec as typeof spec).containers);
  const unbound = read(pod({ spec: { containers: spec.containers } }), specs);
  expect(unbound).toEqual(pod({ spec: { containers: spec.containers } }));
  expect((unbound?.spec as typeof spec).containers).toBe((first?.spec as typeof spec).containers);
});

it('a spec that has the name of the node elsewhere, or the text of another as its beginning, is its own', () => {
  const specs = new SharedSpecs();
  const inner = { a: 1, status: { b: 2 } };
  for (const spec of [
    { a: 1 },
    inner,
    { a: 1, nodeName: 'x', b: 2 },
    { a: 1, nodeName: 'x' },
    { a: 1, b: { a: 1, nodeName: 'x' } },
    { a: 1, nodeName: 'ü"}' },
    { nodeName: 'x' },
    {},
  ])
    for (const object of [pod({ spec }), pod({ spec, status: { c: 3 } }), pod({ spec, more: 1, status: { c: 3 } })])
      expect(read(object, specs)).toEqual(object);
});

it('whatever objects hold, and in whatever order they come, they are read as they would be alone', () => {
  const names = fc.constantFrom('spec', 'status', 'nodeName', 'metadata', 'a"b', '},"spec":{', ',"status":{', 'ä');
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      names,
      fc.integer(),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(names, tie('value'), { maxKeys: 3 }),
    ),
  })).value;
  const spec = fc.dictionary(fc.constantFrom('a', 'b', 'status', 'nodeName'), fc.oneof(json, names), { maxKeys: 3 });
  const rest = fc.dictionary(fc.constantFrom('first', 'spec', 'status', 'last'), fc.oneof(json, spec), { maxKeys: 4 });
  fc.assert(
    fc.property(fc.array(rest, { maxLength: 8 }), (objects) => {
      const specs = new SharedSpecs(4);
      for (const object of objects) expect(read(pod(object), specs)).toEqual(pod(object));
    }),
  );
});

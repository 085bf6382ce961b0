import type { ConfigMap } from '@kubus/shared/schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { plan, type Used } from './plan.ts';

const data = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2'), { maxKeys: 3 });
const used = fc.array(fc.option(data, { nil: undefined }), { maxLength: 3 }).map((all) =>
  all.map(
    (one, i): Used => ({
      reference: { resource: 'configmaps', name: `c${i}`, optional: true },
      object: one === undefined ? undefined : configMap(`c${i}`, one),
    }),
  ),
);

const configMap = (name: string, content: Record<string, string>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: content,
});

/** The same content, otherwise written: keys in another order, labels, another revision. */
const rewritten = (all: readonly Used[]): Used[] =>
  all.map(({ reference, object }) => ({
    reference,
    object: object && {
      ...object,
      metadata: { ...object.metadata, labels: { touched: 'yes' }, resourceVersion: '99' },
      data: Object.fromEntries(Object.entries(object.data ?? {}).reverse()),
    },
  }));

it('rolls out when the content differs, and only then', () => {
  fc.assert(
    fc.property(used, used, (before, after) => {
      const first = plan(undefined, before);
      if (first.type !== 'record') throw new Error('what is seen for the first time is recorded');
      expect(plan(first.hash, rewritten(before))).toEqual({ type: 'none' });
      const content = (all: readonly Used[]) =>
        JSON.stringify(all.map(({ object }) => object && Object.entries(object.data ?? {}).sort()));
      expect(plan(first.hash, after).type).toBe(content(before) === content(after) ? 'none' : 'rollOut');
    }),
  );
});

it('waits while something is missing that pods cannot start without', () => {
  fc.assert(
    fc.property(used, (all) => {
      const needed = all.map((one) => ({ ...one, reference: { ...one.reference, optional: false } }));
      const missing = needed.some(({ object }) => object === undefined);
      expect(plan('old', needed).type).toBe(missing ? 'none' : 'rollOut');
    }),
  );
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ControllerRevision } from '../types.ts';
import { planHistory, surplusRevisions } from './plan.ts';

const newRevision = (template: string, revision: number): ControllerRevision => ({
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  metadata: { name: `r-${template}`, namespace: 'shop' },
  data: { spec: { template } },
  revision,
});
const templates = fc.constantFrom('a', 'b', 'c', 'd');
const histories = fc
  .uniqueArray(templates)
  .chain((names) =>
    fc
      .uniqueArray(fc.integer({ min: 1, max: 20 }), { minLength: names.length, maxLength: names.length })
      .map((numbers) => names.map((name, i) => newRevision(name, numbers[i] ?? 0))),
  );

/** What an executor makes of it. */
function carriedOut(history: readonly ControllerRevision[], template: string): ControllerRevision[] {
  const { action } = planHistory(history, (number) => newRevision(template, number));
  if (action === undefined) return [...history];
  if (action.type === 'create') return [...history, action.revision];
  return history.map((one) => (one === action.revision ? { ...one, revision: action.number } : one));
}

it('after one action the present template is the latest revision, once, and nothing is left to do', () => {
  fc.assert(
    fc.property(histories, templates, (history, template) => {
      const after = carriedOut(history, template);
      const { update, action } = planHistory(after, (number) => newRevision(template, number));
      expect(action).toBeUndefined();
      expect(update?.revision).toBe(Math.max(...after.map(({ revision }) => revision)));
      expect(after.filter(({ data }) => JSON.stringify(data) === JSON.stringify(update?.data))).toHaveLength(1);
      expect(new Set(after.map(({ revision }) => revision)).size).toBe(after.length);
    }),
  );
});

it('of the history no more is taken than is above the limit, never what is live, and the oldest first', () => {
  fc.assert(
    fc.property(
      histories,
      fc.integer({ min: 0, max: 4 }),
      fc.subarray(['a', 'b', 'c', 'd']),
      (history, limit, live) => {
        const isLive = ({ metadata }: ControllerRevision) => live.includes(metadata.name.slice(2));
        const taken = surplusRevisions(history, limit, isLive);
        const kept = history.filter((one) => !taken.includes(one) && !isLive(one));
        expect(taken.some(isLive)).toBe(false);
        expect(kept).toHaveLength(Math.min(limit, history.length - history.filter(isLive).length));
        for (const gone of taken) for (const old of kept) expect(gone.revision).toBeLessThan(old.revision);
      },
    ),
  );
});

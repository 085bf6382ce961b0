import { describe, expect, it } from 'vitest';
import type { CustomResourceDefinition, DefinitionNames } from './definition.ts';
import { nextStatus } from './next-status.ts';

const now = '2026-01-01T00:00:00Z';

function definition(plural: string, created: string, names: Partial<DefinitionNames> = {}): CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com`, creationTimestamp: created },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural, singular: plural.slice(0, -1), kind: plural, listKind: `${plural}List`, ...names },
      versions: [],
    },
  };
}

const [early, late] = ['2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z'];

const conditionsOf = (one: CustomResourceDefinition, others: CustomResourceDefinition[]) =>
  nextStatus(one, others, now)?.conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`);

const accepted = ['NamesAccepted=True NoConflicts', 'Established=True InitialNamesAccepted'];

describe('a definition', () => {
  it('does not wait for others that want other names', () => {
    const others = Array.from({ length: 3 }, (_, i) => definition(`others${i}s`, early));
    expect(conditionsOf(definition('widgets', late), others)).toEqual(accepted);
  });

  it.each<[string, Partial<DefinitionNames>]>([
    ['plural', { plural: 'widgets' }],
    ['singular', { singular: 'widgets' }],
    ['short name', { shortNames: ['w', 'widget'] }],
    ['kind', { kind: 'widgets' }],
    ['list kind', { listKind: 'widgets' }],
  ])('waits for an earlier one that wants its name as a %s, and not for a later one', (_, names) => {
    const widgets = definition('widgets', late);
    expect(nextStatus(widgets, [definition('others', early, names)], now)).toBeUndefined();
    expect(conditionsOf(definition('widgets', early), [definition('others', late, names)])).toEqual(accepted);
  });

  it('does not get a name that an earlier one has by then, and says which', () => {
    const first = definition('others', early, { shortNames: ['widgets'] });
    const decided = { ...first, status: nextStatus(first, [], now) } as CustomResourceDefinition;
    expect(conditionsOf(definition('widgets', late), [decided])).toEqual([
      'NamesAccepted=False PluralConflict',
      'Established=False NotAccepted',
    ]);
  });
});

import { expect, it } from 'vitest';
import { columnsOf } from './cells.ts';

it('shows name and age of custom resources whose definition says nothing, the age as the time that it is', () => {
  const { columns, cells } = columnsOf(undefined);
  expect(columns.map(({ name, type }) => [name, type])).toEqual([
    ['Name', 'string'],
    ['Age', 'date'],
  ]);
  const object = {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w', creationTimestamp: '2026-01-01T00:00:00Z' },
  };
  expect(cells(object, new Date('2026-01-01T00:01:40Z'))).toEqual(['w', '100s']);
});

import { expect, it } from 'vitest';
import { refusals } from './testing/check.ts';

it('an aggregated role says what it selects, in selectors that can be read', () => {
  const aggregated = (...clusterRoleSelectors: object[]) =>
    refusals('ClusterRole', { aggregationRule: { clusterRoleSelectors } });
  const expression = (operator: string, ...values: string[]) => ({
    matchExpressions: [{ key: 'a', operator, ...(values.length === 0 ? {} : { values }) }],
  });
  const path = 'aggregationRule.clusterRoleSelectors';
  expect(aggregated({}, { matchLabels: { a: 'b' } }, expression('In', 'b', ''))).toEqual([]);
  expect(aggregated()).toEqual([
    `${path}: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil`,
  ]);
  const where = `${path}[0].matchExpressions[0]`;
  expect(aggregated(expression('Like', 'b'))).toEqual([
    `${where}.operator: Invalid value: "Like": not a valid selector operator`,
  ]);
  expect(aggregated(expression('NotIn'))).toEqual([
    `${where}.values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
  ]);
  expect(aggregated(expression('Exists', 'b'))).toEqual([
    `${where}.values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
  ]);
  expect(aggregated(expression('In', 'fine', 'not fine'))).toEqual([
    expect.stringMatching(/\.values\[1\]: Invalid value: "not fine": a valid label must be/),
  ]);
});

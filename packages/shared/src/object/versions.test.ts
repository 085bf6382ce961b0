import { expect, it } from 'vitest';
import { compareVersions } from './index.ts';

it('puts stable versions before beta, beta before alpha, later ones first, and names that are no versions last', () => {
  const ordered = ['v10', 'v2', 'v1', 'v11beta2', 'v10beta3', 'v3beta1', 'v12alpha1', 'v11alpha2', 'foo1', 'foo10'];
  expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
  expect(compareVersions('v1', 'v1')).toBe(0);
});

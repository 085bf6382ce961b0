import { expect, it } from 'vitest';
import { refusals } from '../testing/check.ts';

it('a lease lasts for some time and has not changed hands less than never', () => {
  expect(refusals('Lease', {})).toEqual([]);
  expect(refusals('Lease', { spec: { leaseDurationSeconds: 1, leaseTransitions: 0 } })).toEqual([]);
  expect(refusals('Lease', { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } })).toEqual([
    'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
  ]);
});

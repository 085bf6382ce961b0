import { expect, it } from 'vitest';
import { changeRefusals, refusals } from '../testing/check.ts';

it('a flow schema refers to a level and says whose requests it is about', () => {
  const rules = [
    { subjects: [{ kind: 'User' }], nonResourceRules: [{ verbs: ['*', 'get'], nonResourceURLs: ['/x'] }] },
    {},
  ];
  expect(refusals('FlowSchema', { spec: { matchingPrecedence: 1, rules } })).toEqual([
    "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    'spec.priorityLevelConfiguration.name: Required value: must reference a priority level',
    "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
    'spec.rules[0].nonResourceRules[0].verbs: Invalid value: ["*","get"]: if \'*\' is present, must not specify other verbs',
    'spec.rules[1].subjects: Required value: subjects must contain at least one value',
    'spec.rules[1]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
  ]);
});

it('a priority level is exempt by name alone, and queues hold their hands', () => {
  expect(refusals('PriorityLevelConfiguration', { spec: { type: 'Exempt' } })).toEqual([
    `spec.type: Invalid value: "Exempt": type must be 'Limited' if metadata.name is not 'exempt'`,
  ]);
  const limited = { limitResponse: { type: 'Queue', queuing: { queues: 4, handSize: 8 } } };
  expect(refusals('PriorityLevelConfiguration', { spec: { type: 'Limited', limited } })).toEqual([
    'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: should not be greater than queues (4)',
  ]);
});

it('a runtime class keeps its handler', () => {
  expect(refusals('RuntimeClass', { handler: 'Not.A.Label' })).toHaveLength(1);
  expect(changeRefusals('RuntimeClass', { handler: 'a' }, { handler: 'b' })).toEqual([
    'handler: Invalid value: "b": field is immutable',
  ]);
});

it('claims ask for devices of a class, and do not change', () => {
  const claim = (requests: object[]) => ({ spec: { devices: { requests } } });
  expect(refusals('ResourceClaim', claim([{ name: 'a', exactly: { deviceClassName: 'gpu' } }]))).toEqual([]);
  expect(
    refusals('ResourceClaim', claim([{ name: 'a' }, { name: 'a', exactly: { allocationMode: 'All', count: 2 } }])),
  ).toEqual([
    'spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
    'spec.devices.requests[1].exactly.deviceClassName: Required value',
    "spec.devices.requests[1].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
    'spec.devices.requests[1].name: Duplicate value: "a"',
  ]);
  expect(changeRefusals('ResourceClaim', claim([]), claim([{ name: 'b' }]))).toHaveLength(1);
});

it('slices say where their devices are', () => {
  const pool = { name: 'p', resourceSliceCount: 1 };
  const spec = { driver: 'd.example', pool, nodeName: 'n', allNodes: true, devices: [{ name: 'x' }, { name: 'x' }] };
  expect(refusals('ResourceSlice', { spec })).toEqual([
    expect.stringContaining('exactly one of `nodeName`'),
    'spec.devices[1].name: Duplicate value: "x"',
  ]);
});
